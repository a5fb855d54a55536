# syntax=docker/dockerfile:1.9
FROM node:24.11.1-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
# No package builds or fetches anything here: what runs comes as binaries, or below.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
RUN npm run build \
  && npm prune --omit=dev --ignore-scripts --no-audit --no-fund \
  && npm sbom --omit=dev --sbom-format=cyclonedx > sbom.cdx.json
# ONNX Runtime's CUDA provider is too large for npm; its own script fetches it, for CUDA 12 and cuDNN 9.
RUN node node_modules/onnxruntime-node/script/install.js --onnxruntime-node-install=cuda12

FROM node:24.11.1-bookworm-slim AS node

FROM nvidia/cuda:12.9.1-cudnn-runtime-ubuntu24.04
COPY --from=node /usr/local/bin/node /usr/local/bin/node
WORKDIR /app
ENV NODE_ENV=production PROVIDER=cuda NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,utility
COPY --from=build --chown=0:0 /app/package.json ./package.json
COPY --from=build --chown=0:0 /app/node_modules ./node_modules
COPY --from=build --chown=0:0 /app/sbom.cdx.json ./sbom.cdx.json
COPY --from=build --chown=0:0 /app/libs/database/migrations ./libs/database/migrations
COPY --from=build --chown=0:0 /app/dist/libs ./dist/libs
COPY --from=build --chown=0:0 /app/bin ./bin
COPY --from=build --chown=0:0 /app/dist/apps/worker ./dist/apps/worker
COPY --from=build --chown=0:0 /app/dist/apps/cli ./dist/apps/cli
USER 10001:10001
EXPOSE 8701
ENTRYPOINT ["node"]
CMD ["dist/apps/worker/main.js"]
