# git without its perl and shell parts: every command of the C program, and the helper for https.
source "$elfTools"

for deb in $debs; do dpkg-deb -x "$deb" unpacked; done
mkdir -p "$out/bin" "$out/libexec/git-core"
core="$out/libexec/git-core"
cp -a unpacked/usr/bin/git "$core/git"
cp -a unpacked/usr/lib/git-core/git-remote-http "$core/git-remote-http"
ln -s git-remote-http "$core/git-remote-https"
for command in git-upload-pack git-receive-pack git-upload-archive; do ln -s git "$core/$command"; done

searched=()
for package in $needs; do searched+=("$package/lib"); done
for program in git git-remote-http; do
    setRunpath "$core/$program" "${searched[@]}"
    patchelf --set-interpreter "${searched[-1]}/ld-linux-x86-64.so.2" "$core/$program"
done

cp -a unpacked/usr/share/git-core/templates "$out/libexec/templates"

# Both folders are compiled in as places in /usr.
cat > "$out/bin/git" <<WRAPPER
#!$BASH
export GIT_EXEC_PATH=$core GIT_TEMPLATE_DIR=$out/libexec/templates
exec $core/git "\$@"
WRAPPER
chmod +x "$out/bin/git"
ln -s "$core/git-upload-pack" "$core/git-receive-pack" "$out/bin/"
