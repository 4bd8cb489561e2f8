# X11, Wayland and OpenGL: nixpkgs' lower-case names, and the old ones in `xorg`.
final: with final;
let
  x11 = pname: deb: needs: debLibrary pname { debs = [ deb ]; propagates = needs; };
in
{
  libdrm = debLibrary "libdrm" { debs = [ "libdrm2" ]; outputs = [ "out" "dev" "bin" ]; };
  libgbm = debLibrary "libgbm" { debs = [ "libgbm1" ]; outputs = [ "out" ]; needs = [ expat libdrm wayland ]; };
  libglvnd = debLibrary "libglvnd" {
    debs = [ "libglvnd0" "libgl1" "libglx0" "libegl1" "libopengl0" "libgles2" ];
    needs = [ libx11 ];
  };
  libGL = libglvnd;
  libGLU = debLibrary "glu" { debs = [ "libglu1-mesa" ]; outputs = [ "out" "dev" ]; needs = [ gcc-unwrapped ]; propagates = [ libglvnd ]; };
  libxkbcommon = debLibrary "libxkbcommon" { debs = [ "libxkbcommon0" "libxkbcommon-x11-0" ]; needs = [ libxcb ]; };
  ocl-icd = debLibrary "ocl-icd" { debs = [ "ocl-icd-libopencl1" ]; outputs = [ "out" ]; };
  vulkan-loader = debLibrary "vulkan-loader" { debs = [ "libvulkan1" ]; };
  wayland = debLibrary "wayland" {
    debs = [ "libwayland-client0" "libwayland-server0" "libwayland-cursor0" "libwayland-egl1" ];
    outputs = [ "out" "bin" "dev" ];
    needs = [ libffi ];
  };

  libice = debLibrary "libice" { debs = [ "libice6" ]; needs = [ libbsd ]; };
  libsm = debLibrary "libsm" { debs = [ "libsm6" ]; needs = [ util-linux ]; propagates = [ libice ]; };
  libx11 = debLibrary "libx11" { debs = [ "libx11-6" "libx11-xcb1" ]; propagates = [ libxcb ]; };
  libxau = x11 "libxau" "libxau6" [ ];
  libxcb = debLibrary "libxcb" {
    debs = [
      "libxcb1" "libxcb-composite0" "libxcb-damage0" "libxcb-dri2-0" "libxcb-dri3-0" "libxcb-glx0" "libxcb-present0"
      "libxcb-randr0" "libxcb-record0" "libxcb-render0" "libxcb-res0" "libxcb-screensaver0" "libxcb-shape0"
      "libxcb-shm0" "libxcb-sync1" "libxcb-xfixes0" "libxcb-xinerama0" "libxcb-xinput0" "libxcb-xkb1" "libxcb-xtest0"
    ];
    propagates = [ libxau libxdmcp ];
  };
  libxcb-util = x11 "libxcb-util" "libxcb-util1" [ libxcb ];
  libxcb-cursor = x11 "libxcb-cursor" "libxcb-cursor0" [ libxcb libxcb-image libxcb-render-util ];
  libxcb-image = x11 "libxcb-image" "libxcb-image0" [ libxcb libxcb-util ];
  libxcb-keysyms = x11 "libxcb-keysyms" "libxcb-keysyms1" [ libxcb ];
  libxcb-render-util = x11 "libxcb-render-util" "libxcb-render-util0" [ libxcb ];
  libxcb-wm = debLibrary "libxcb-wm" { debs = [ "libxcb-icccm4" "libxcb-ewmh2" ]; propagates = [ libxcb ]; };
  libxcomposite = x11 "libxcomposite" "libxcomposite1" [ libx11 libxfixes ];
  libxcursor = x11 "libxcursor" "libxcursor1" [ libx11 libxfixes libxrender ];
  libxdamage = x11 "libxdamage" "libxdamage1" [ libx11 libxfixes ];
  libxdmcp = debLibrary "libxdmcp" { debs = [ "libxdmcp6" ]; needs = [ libbsd ]; };
  libxext = x11 "libxext" "libxext6" [ libx11 libxau ];
  libxfixes = x11 "libxfixes" "libxfixes3" [ libx11 ];
  libxft = x11 "libxft" "libxft2" [ fontconfig freetype libx11 libxrender ];
  libxi = x11 "libxi" "libxi6" [ libx11 libxext libxfixes ];
  libxinerama = x11 "libxinerama" "libxinerama1" [ libx11 libxext ];
  libxkbfile = x11 "libxkbfile" "libxkbfile1" [ libx11 ];
  libxmu = debLibrary "libxmu" { debs = [ "libxmu6" "libxmuu1" ]; propagates = [ libx11 libxext libxt ]; };
  libxpm = x11 "libxpm" "libxpm4" [ libx11 ];
  libxrandr = x11 "libxrandr" "libxrandr2" [ libx11 libxext libxrender ];
  libxrender = x11 "libxrender" "libxrender1" [ libx11 ];
  libxscrnsaver = x11 "libxscrnsaver" "libxss1" [ libx11 libxext ];
  libxshmfence = x11 "libxshmfence" "libxshmfence1" [ ];
  libxt = x11 "libxt" "libxt6" [ libice libsm libx11 ];
  libxtst = x11 "libxtst" "libxtst6" [ libx11 libxext libxi ];
  libxv = x11 "libxv" "libxv1" [ libx11 libxext ];
  libxxf86vm = x11 "libxxf86vm" "libxxf86vm1" [ libx11 libxext ];

  xorg = {
    inherit libxcb libxkbfile libxshmfence;
    libICE = libice;
    libSM = libsm;
    libX11 = libx11;
    libXScrnSaver = libxscrnsaver;
    libXau = libxau;
    libXcomposite = libxcomposite;
    libXcursor = libxcursor;
    libXdamage = libxdamage;
    libXdmcp = libxdmcp;
    libXext = libxext;
    libXfixes = libxfixes;
    libXft = libxft;
    libXi = libxi;
    libXinerama = libxinerama;
    libXmu = libxmu;
    libXpm = libxpm;
    libXrandr = libxrandr;
    libXrender = libxrender;
    libXt = libxt;
    libXtst = libxtst;
    libXv = libxv;
    libXxf86vm = libxxf86vm;
    xcbutil = libxcb-util;
    xcbutilcursor = libxcb-cursor;
    xcbutilimage = libxcb-image;
    xcbutilkeysyms = libxcb-keysyms;
    xcbutilrenderutil = libxcb-render-util;
    xcbutilwm = libxcb-wm;
  };
}
