# One image for the four services, the connector and the sallyport command. The first argument selects one:
#   docker run IMAGE proxy --config /etc/sallyport/sallyport.yaml
#
# BASE_IMAGE           the base that the services run on. They need only glibc, libstdc++ and /bin/sh from it.
# BUILD_IMAGE          the base that they are built on: Node.js 20 or newer with npm, or Debian with apt, to get npm.
# NPM_CONFIG_REGISTRY  the package registry, if not npm's own.
# The project's own Node.js, from package-lock.json, builds and runs everything.
# `npm run image` makes the last stage without Docker, and reads its settings here. deploy/image/assemble.mjs says which
# files are in it.
ARG BASE_IMAGE=debian:bookworm-slim
ARG BUILD_IMAGE

FROM ${BUILD_IMAGE:-${BASE_IMAGE}} AS tools
RUN command -v npm > /dev/null || { apt-get update && apt-get install -y --no-install-recommends -o DPkg::Options::=--force-unsafe-io npm && rm -rf /var/lib/apt/lists/*; }

# Only the files that decide which packages are installed, so that a source change does not reinstall them.
FROM tools AS manifests
WORKDIR /manifests
COPY . /context
RUN cd /context && find . -name package.json -o -name package-lock.json -o -name .npmrc | while read -r file; do install -D -m 644 "$file" "/manifests/$file"; done

FROM tools AS build
ARG NPM_CONFIG_REGISTRY
WORKDIR /src
COPY --from=manifests /manifests ./
RUN npm ci --ignore-scripts --loglevel=error && cp node_modules/node-linux-*/bin/node /usr/local/bin/project-node
COPY . .
RUN project-node node_modules/typescript/bin/tsc -b packages/standalone packages/cli \
 && project-node packages/cli/scripts/bundle.mjs \
 && project-node scripts/bundle/write-bundles.mjs \
 && project-node deploy/image/bundle-development.mjs /development \
 && project-node deploy/image/bundle-installation.mjs /app/installation \
 && project-node scripts/release.mjs --only none --unattested --out /app/downloads
# The bundles of the four services and of the command.
RUN project-node deploy/image/assemble.mjs packages . /app

FROM tools AS dependencies
ARG NPM_CONFIG_REGISTRY
WORKDIR /src
COPY --from=manifests /manifests ./
COPY deploy/image/packages.mjs deploy/image/assemble.mjs /image/
# Leaves out what only compilers and debuggers read. Versions that differ between packages are next to the package.
RUN npm ci $(node /image/assemble.mjs install-arguments .) --loglevel=error \
 && node /image/assemble.mjs dependencies . /dependencies

FROM ${BASE_IMAGE} AS services
COPY --from=build /usr/local/bin/project-node /usr/local/bin/node
COPY --from=dependencies /dependencies /app
COPY --from=build /app /app
COPY deploy/image/entrypoint.sh /usr/local/bin/sallyport-entrypoint
COPY package.json LICENSE* /app/
# The services own nothing in the image but two directories for volumes: an embedded store and development keys, and the
# spool. A new named volume that is mounted at one of them gets its owner and mode.
RUN mkdir -p /etc/sallyport /var/lib/sallyport /var/spool/sallyport \
 && chown 10001:10001 /var/lib/sallyport /var/spool/sallyport && chmod 700 /var/lib/sallyport /var/spool/sallyport
ENV NODE_ENV=production HOME=/var/lib/sallyport SALLYPORT_CONFIG=/etc/sallyport/sallyport.yaml
WORKDIR /var/lib/sallyport
USER 10001:10001
# The gateway; the internal ports of authenticate, authorize and audit; the four admin ports.
EXPOSE 8443 4180 4181 4182 9180 9181 9182 9183
ENTRYPOINT ["/usr/local/bin/sallyport-entrypoint"]
CMD ["help"]

# For docker-compose.yml: adds the identity provider, the practice cluster and the setup. Never for production.
FROM services AS development
COPY --from=build /development /app/development
LABEL org.opencontainers.image.title="Sallyport, for development"

# "docker build ." builds the last stage.
FROM services AS production
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Sallyport" \
      org.opencontainers.image.description="An identity-aware gateway in front of Kubernetes API servers: proxy, authenticate, authorize, audit." \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
