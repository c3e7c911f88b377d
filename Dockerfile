# Roomkey in an image of its own: one binary, no shell scripts, no root.
#
#   docker build -t roomkey .

FROM rust:1.95-slim-bookworm AS build
# rust-toolchain.toml names the same version, with components that only work on the code needs.
ENV RUSTUP_TOOLCHAIN=1.95.0
# For the OpenSSL that speaks TLS to PostgreSQL, which is built from source.
RUN apt-get update \
    && apt-get install -y --no-install-recommends make perl \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN cargo build --release --locked -p roomkey-server --features postgres-tls

FROM debian:bookworm-slim
# For TLS to the mail server and to PostgreSQL.
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin roomkey \
    && install -d -o roomkey -g roomkey -m 0700 /data
COPY --from=build /src/target/release/roomkey /usr/local/bin/roomkey
USER roomkey
WORKDIR /data
VOLUME /data
ENV ROOMKEY_DATA_DIR=/data \
    SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt \
    ROOMKEY_LISTEN=0.0.0.0:8080 \
    ROOMKEY_INTERNAL_LISTEN=0.0.0.0:8081
# 8080 is for people; 8081 only for Jitsi's Prosody and for monitoring, never for the internet.
EXPOSE 8080 8081
# The image has no HTTP client; bash can speak enough of it.
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --retries=3 \
    CMD ["/bin/bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/8081 && printf 'GET /readyz HTTP/1.0\\r\\n\\r\\n' >&3 && head -n 1 <&3 | grep -q ' 200 '"]
ENTRYPOINT ["/usr/local/bin/roomkey"]
CMD ["serve"]
