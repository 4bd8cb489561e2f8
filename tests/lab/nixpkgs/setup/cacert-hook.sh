# Ends the dead certificate variables of a pure shell, as nixpkgs' cacert does.

for variable in NIX_SSL_CERT_FILE SSL_CERT_FILE; do
    if [[ ${!variable:-/no-cert-file.crt} == /no-cert-file.crt ]]; then
        export "$variable=@out@/etc/ssl/certs/ca-bundle.crt"
    fi
done
unset variable
