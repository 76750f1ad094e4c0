# medgr2 in a slim image: Node 24, Python with the pinned packages, a user without rights. Set up as in a checkout:
#   docker build -t medgr2 .
#   docker run --rm -v "$PWD/runs:/home/medgr2/work/runs" medgr2 demo
# On a machine with an NVIDIA GPU and its container toolkit, with the models' cache kept between runs:
#   docker run --rm --gpus all --ipc host -e GEMINI_API_KEY -v "$PWD:/home/medgr2/work" \
#     -v medgr2-models:/home/medgr2/.cache medgr2 run mine.yaml
FROM node:24-bookworm-slim AS build
WORKDIR /opt/medgr2
COPY package.json package-lock.json ./
RUN npm install --no-save --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY src src
RUN npm run build && chmod +x dist/cli/main.js && npm prune --omit=dev

FROM node:24-bookworm-slim
RUN apt-get update \
    && apt-get install --yes --no-install-recommends python3 python3-venv git \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --shell /usr/sbin/nologin medgr2 \
    && install -d -o medgr2 -g medgr2 /opt/medgr2 /home/medgr2/work /home/medgr2/work/runs /home/medgr2/.cache \
    && ln -s /opt/medgr2/dist/cli/main.js /usr/local/bin/medgr2
WORKDIR /opt/medgr2
USER medgr2
COPY --from=build --chown=medgr2 /opt/medgr2/package.json ./
COPY --from=build --chown=medgr2 /opt/medgr2/node_modules node_modules
COPY --from=build --chown=medgr2 /opt/medgr2/dist dist
COPY --chown=medgr2 py py
RUN medgr2 setup
COPY --chown=medgr2 configs configs
COPY --chown=medgr2 LICENSE README.md ./
# For runtimes that are not told by --gpus.
ENV NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,utility
WORKDIR /home/medgr2/work
ENTRYPOINT ["medgr2"]
CMD ["--help"]
