# The web chat with the sample articles: docker build -t cited-qa . && docker run --rm -p 7860:7860 cited-qa
FROM python:3.11-slim AS build
WORKDIR /source
COPY requirements.txt ./
# pip reads it: with the address of PyTorch's CPU builds, the image has none of the gigabytes for GPUs.
ARG PIP_EXTRA_INDEX_URL
RUN python -m venv /opt/qa && /opt/qa/bin/pip install --no-cache-dir -r requirements.txt
COPY pyproject.toml README.md LICENSE ./
COPY qa ./qa
# Extras of pyproject.toml: --build-arg EXTRAS="[postgres]".
ARG EXTRAS
RUN /opt/qa/bin/pip install --no-cache-dir --no-deps . \
    && if [ -n "$EXTRAS" ]; then /opt/qa/bin/pip install --no-cache-dir ".$EXTRAS"; fi

FROM python:3.11-slim
RUN apt-get update && apt-get install --yes --no-install-recommends libgomp1 && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --uid 1000 qa
RUN install --directory --owner=qa --group=qa /data
COPY --from=build /opt/qa /opt/qa
COPY data/articles /srv/articles
COPY data/index /srv/index
ENV PATH=/opt/qa/bin:$PATH PYTHONUNBUFFERED=1 QA_ALLOW_URLS=false XDG_DATA_HOME=/data
USER qa
# With a login, each user's articles and conversations are kept here.
VOLUME /data
WORKDIR /home/qa
EXPOSE 7860
HEALTHCHECK --interval=30s --timeout=5s --start-period=120s CMD ["python", "-c", \
    "import urllib.request; urllib.request.urlopen('http://127.0.0.1:7860/ready', timeout=4)"]
CMD ["qa", "serve", "--index", "/srv/index", "--docs", "/srv/articles", "--host", "0.0.0.0", "--port", "7860"]
