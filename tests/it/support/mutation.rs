//! Objects with faults: numbers of their tables changed to what hurts, and bytes cut, flipped and taken
//! from one another. The same seed makes the same faults.

use std::ops::Range;

/// SplitMix64 (Steele, Lea and Flood, 2014).
pub struct Random(u64);

impl Random {
    /// One for each number of a seed.
    pub fn new(seed: u64, number: u64) -> Self {
        let mut random = Self(seed ^ number.wrapping_mul(0xd134_2543_de82_ef95));
        random.next();
        random
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    /// Below `end`, which is not 0.
    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    pub fn one_of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}

/// A number in a file.
#[derive(Clone, Copy, Debug)]
struct Field {
    at: usize,
    size: usize,
}

/// A sound object, and where its numbers are.
pub struct Base {
    pub name: String,
    pub bytes: Vec<u8>,
    little: bool,
    fields: Vec<Field>,
    /// Where what is read of it lies.
    tables: Vec<Range<usize>>,
}

/// What is done to an object.
#[derive(Clone, Debug)]
pub enum Fault {
    /// Bytes are others.
    Write(usize, Vec<u8>),
    /// It ends there, or is as long, with zeros.
    Length(u64),
}

impl Base {
    pub fn new(name: &str, bytes: Vec<u8>) -> Self {
        let little = bytes.get(5) != Some(&2);
        let mut base = Self { name: name.into(), bytes, little, fields: Vec::new(), tables: Vec::new() };
        base.map();
        base
    }

    fn number(&self, field: Field) -> u64 {
        let Some(bytes) = self.bytes.get(field.at..field.at + field.size) else { return 0 };
        let push = |sum: u64, &byte: &u8| sum << 8 | u64::from(byte);
        if self.little { bytes.iter().rev().fold(0, push) } else { bytes.iter().fold(0, push) }
    }

    fn written(&self, value: u64, size: usize) -> Vec<u8> {
        match self.little {
            true => value.to_le_bytes()[..size].to_vec(),
            false => value.to_be_bytes()[8 - size..].to_vec(),
        }
    }

    fn add(&mut self, at: usize, sizes: &[usize]) -> Vec<u64> {
        let mut at = at;
        let mut values = Vec::new();
        for &size in sizes {
            if at + size <= self.bytes.len() {
                self.fields.push(Field { at, size });
            }
            values.push(self.number(Field { at, size }));
            at += size;
        }
        values
    }

    /// Finds the numbers of the headers and of the tables that they lead to.
    fn map(&mut self) {
        let wide = self.bytes[4] == 2;
        let address = if wide { 8 } else { 4 };
        (4..16).for_each(|at| self.fields.push(Field { at, size: 1 }));
        let header = self.add(16, &[2, 2, 4, address, address, address, 4, 2, 2, 2, 2, 2, 2]);
        let (start, size, count) = (header[4] as usize, header[8] as usize, header[9] as usize);
        self.tables.push(0..start + size * count);
        let mut loads = Vec::new();
        for index in 0..count {
            let at = start + index * size;
            let (kind, offset, place, length) = if wide {
                let values = self.add(at, &[4, 4, 8, 8, 8, 8, 8, 8]);
                (values[0], values[2], values[3], values[5])
            } else {
                let values = self.add(at, &[4; 8]);
                (values[0], values[1], values[2], values[4])
            };
            let content = offset as usize..(offset + length) as usize;
            match kind {
                1 => loads.push((place, offset, length)),
                2 => self.dynamic(content, address, &loads),
                3 => self.tables.push(content),
                4 => {
                    self.add(content.start, &[4, 4, 4]);
                    self.tables.push(content);
                }
                _ => {}
            }
        }
    }

    fn dynamic(&mut self, content: Range<usize>, address: usize, loads: &[(u64, u64, u64)]) {
        self.tables.push(content.clone());
        for at in content.step_by(2 * address) {
            let [tag, value] = self.add(at, &[address, address])[..] else { return };
            let load = loads.iter().find(|(place, _, length)| (*place..place + length).contains(&value));
            let Some(&(place, offset, _)) = load else { continue };
            let there = (value - place + offset) as usize;
            // The records of versions, and the strings.
            let length = match tag {
                0x6fff_fffe | 0x6fff_fffc => 256,
                5 => 1 << 12,
                _ => continue,
            };
            let end = (there + length).min(self.bytes.len());
            self.tables.push(there..end);
            if tag != 5 {
                for at in (there..end).step_by(4) {
                    self.add(at, &[4]);
                    self.add(at, &[2, 2]);
                }
            }
        }
    }

    /// Some faults, with bytes of others among them.
    pub fn faults(&self, random: &mut Random, others: &[Base]) -> Vec<Fault> {
        let count = 1 + random.below(4) * random.below(2);
        let mut faults: Vec<Fault> = (0..count).map(|_| self.fault(random, others)).collect();
        // A file that is long enough for what a number says.
        if let Some(&Fault::Length(length)) = faults.last()
            && length > self.bytes.len() as u64
        {
            let field = *random.one_of(&self.fields);
            faults.push(Fault::Write(field.at, self.written(length >> random.below(8), field.size)));
        }
        faults
    }

    fn fault(&self, random: &mut Random, others: &[Base]) -> Fault {
        let length = self.bytes.len();
        match random.below(16) {
            0..=8 => {
                let field = *random.one_of(&self.fields);
                Fault::Write(field.at, self.written(self.hurting(field, random), field.size))
            }
            9 => {
                let (one, other) = (*random.one_of(&self.fields), *random.one_of(&self.fields));
                Fault::Write(one.at, self.written(self.number(other), one.size))
            }
            10 | 11 => {
                let at = self.somewhere(random);
                Fault::Write(at, vec![self.bytes[at] ^ 1 << random.below(8)])
            }
            12 => Fault::Length(self.somewhere(random) as u64),
            13 => Fault::Length(length as u64 + (1 << random.below(41))),
            _ => {
                let other = random.one_of(others);
                let (from, to) = (other.somewhere(random), self.somewhere(random));
                let size = (1 << random.below(10)).min(other.bytes.len() - from).min(length - to);
                Fault::Write(to, other.bytes[from..from + size].to_vec())
            }
        }
    }

    /// A value that may hurt where this one stands.
    fn hurting(&self, field: Field, random: &mut Random) -> u64 {
        let (value, size) = (self.number(field), self.bytes.len() as u64);
        let random_bit = 1 << random.below(64);
        let known = [
            0,
            1,
            2,
            u64::MAX,
            u64::MAX >> 1,
            u64::MAX - 15,
            value.wrapping_add(1),
            value.wrapping_sub(1),
            value.wrapping_neg(),
            value << 1,
            size,
            size - 1,
            size + 1,
            size.wrapping_sub(value),
            1 << 20,
            (1 << 20) + 1,
            random_bit,
            value ^ random_bit,
            random.next(),
        ];
        *random.one_of(&known)
    }

    /// A place in the tables, or anywhere.
    fn somewhere(&self, random: &mut Random) -> usize {
        let table = random.one_of(&self.tables).clone();
        let end = table.end.min(self.bytes.len());
        if random.below(8) == 0 || table.start >= end {
            return random.below(self.bytes.len());
        }
        table.start + random.below(end - table.start)
    }
}
