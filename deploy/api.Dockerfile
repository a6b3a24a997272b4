# syntax=docker/dockerfile:1
# The front end. From the root of the repository:
#   docker build -f deploy/api.Dockerfile -t soonshop/api:1.0.0 --build-arg VERSION=1.0.0 --build-arg REVISION="$(git rev-parse HEAD)" .

FROM mcr.microsoft.com/dotnet/sdk:10.0-noble AS build
WORKDIR /source
# What decides which packages are needed comes first: a change of code does not fetch them again.
COPY global.json Directory.Build.props Directory.Packages.props ./
COPY Grains.Abstractions/Grains.Abstractions.csproj Grains.Abstractions/
COPY ServiceDefaults/ServiceDefaults.csproj ServiceDefaults/
COPY ApiFrontend/ApiFrontend.csproj ApiFrontend/
RUN --mount=type=cache,target=/root/.nuget/packages dotnet restore ApiFrontend
# An empty directory for uploaded images (Media:Directory). A volume that is mounted there takes its owner over.
RUN mkdir /images
COPY . .
ARG VERSION=0.0.0
RUN --mount=type=cache,target=/root/.nuget/packages deploy/publish.sh ApiFrontend /publish --version "$VERSION"

# Without a shell and a package manager; the runtime and nothing else.
FROM mcr.microsoft.com/dotnet/aspnet:10.0-noble-chiseled AS final
ARG VERSION=0.0.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="SoonShop front end" \
      org.opencontainers.image.description="The HTTP gateway: authentication, limits, idempotency" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION"
# No diagnostics port, whose socket would want a writable directory. No Kerberos, whose library is not there.
ENV DOTNET_ENVIRONMENT=Production \
    DOTNET_EnableDiagnostics=0 \
    PGGSSENCMODE=disable \
    ASPNETCORE_URLS=http://+:8080 \
    Telemetry__MetricsPort=9464 \
    Telemetry__MetricsAddress=+
WORKDIR /app
COPY --from=build /publish ./
COPY --from=build --chown=1654:1654 /images /images
# The image's user `app`, by its number, so that Kubernetes can see that it is not root.
USER 1654:1654
# The API; metrics.
EXPOSE 8080 9464
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
  CMD ["dotnet", "SoonShop.ApiFrontend.dll", "health", "http://127.0.0.1:8080/health/ready"]
ENTRYPOINT ["dotnet", "SoonShop.ApiFrontend.dll"]
