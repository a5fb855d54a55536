# syntax=docker/dockerfile:1.9
# The api, with the dashboard; `dist/apps/api/migrate-only.js` migrates and ends.
FROM node:24.11.1-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
# No package builds or fetches anything here: what runs comes as binaries, or below.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
RUN npm run build \
  && npm prune --omit=dev --ignore-scripts --no-audit --no-fund \
  && npm sbom --omit=dev --sbom-format=cyclonedx > sbom.cdx.json

FROM node:24.11.1-bookworm-slim
WORKDIR /app
ENV NODE_ENV=production
COPY --from=build --chown=0:0 /app/package.json ./package.json
COPY --from=build --chown=0:0 /app/node_modules ./node_modules
COPY --from=build --chown=0:0 /app/sbom.cdx.json ./sbom.cdx.json
COPY --from=build --chown=0:0 /app/libs/database/migrations ./libs/database/migrations
COPY --from=build --chown=0:0 /app/dist/libs ./dist/libs
COPY --from=build --chown=0:0 /app/dist/apps/api ./dist/apps/api
COPY --from=build --chown=0:0 /app/dist/dashboard ./dist/dashboard
USER 10001:10001
EXPOSE 8700 8701
ENTRYPOINT ["node"]
CMD ["dist/apps/api/main.js"]
