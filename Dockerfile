# medgr2 in a slim image: Node and Python with pinned packages, a user without rights, extras and CUDA by build argument.
#   docker build -t medgr2 .                                     # torch as PyPI has it: CUDA 13 on x86-64
#   docker build -t medgr2 --build-arg TORCH=cpu .               # or cu128, cu130: the builds of download.pytorch.org
#   docker build -t medgr2 --build-arg EXTRAS=deepspeed,ray .    # as `medgr2 setup --with`
#   docker run --rm -v "$PWD/runs:/home/medgr2/work/runs" medgr2 demo
# On a machine with an NVIDIA GPU and its container toolkit, with the models' cache kept between runs:
#   docker run --rm --gpus all --ipc host -e GEMINI_API_KEY -v "$PWD:/home/medgr2/work" \
#     -v medgr2-models:/home/medgr2/.cache medgr2 run mine.yaml
# Each layer depends on less than the one after it. `npm run image:replay` runs these steps without Docker.
ARG NODE=24.9.0
FROM node:${NODE}-bookworm-slim AS build
WORKDIR /opt/medgr2
COPY package.json package-lock.json ./
RUN npm install --no-save --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY src src
RUN npm run build && chmod +x dist/cli/main.js && npm prune --omit=dev

FROM node:${NODE}-bookworm-slim
ARG TORCH=
ARG EXTRAS=
RUN apt-get update \
    && apt-get install --yes --no-install-recommends python3 python3-venv git tini \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --shell /usr/sbin/nologin medgr2 \
    && install -d -o medgr2 -g medgr2 /opt/medgr2 /opt/medgr2/py /home/medgr2/work /home/medgr2/work/runs /home/medgr2/.cache \
    && ln -s /opt/medgr2/dist/cli/main.js /usr/local/bin/medgr2
WORKDIR /opt/medgr2
USER medgr2
ENV HF_HOME=/home/medgr2/.cache/huggingface PIP_NO_CACHE_DIR=1 MEDGR2_CALLED_AS=medgr2
# Python's packages change less often than medgr2: the largest layers come first. torch is the one that requirements.txt pins.
COPY --chown=medgr2 py/requirements.txt py/
RUN python3 -m venv .venv \
    && torch=$(sed -n 's/^\(torch==.*\)$/\1/p' py/requirements.txt) \
    && .venv/bin/python -m pip install "$torch" ${TORCH:+--index-url https://download.pytorch.org/whl/$TORCH}
RUN .venv/bin/python -m pip install -r py/requirements.txt
COPY --from=build --chown=medgr2 /opt/medgr2/package.json ./
COPY --from=build --chown=medgr2 /opt/medgr2/node_modules node_modules
COPY --from=build --chown=medgr2 /opt/medgr2/dist dist
COPY --chown=medgr2 py py
# Finds what is installed, adds the extras, and writes down what the environment was made from.
RUN medgr2 setup ${EXTRAS:+--with $EXTRAS}
COPY --chown=medgr2 configs configs
COPY --chown=medgr2 LICENSE README.md ./
# For runtimes that are not told by --gpus.
ENV NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,utility
# Models that were downloaded outlive the container.
VOLUME /home/medgr2/.cache
WORKDIR /home/medgr2/work
# A GPU that was lost, a full disk: what `doctor` calls needed.
HEALTHCHECK --interval=10m --timeout=2m --start-period=2m CMD ["medgr2", "doctor"]
# tini passes SIGTERM on and ends what a killed run has left: process 1 would otherwise keep it.
ENTRYPOINT ["tini", "--", "medgr2"]
CMD ["--help"]
