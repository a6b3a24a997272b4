# syntax=docker/dockerfile:1
# The silo. From the root of the repository:
#   docker build -f deploy/silo.Dockerfile -t soonshop/silo:1.0.0 --build-arg VERSION=1.0.0 --build-arg REVISION="$(git rev-parse HEAD)" .

FROM mcr.microsoft.com/dotnet/sdk:10.0-noble AS build
WORKDIR /source
# What decides which packages are needed comes first: a change of code does not fetch them again.
COPY global.json Directory.Build.props Directory.Packages.props ./
COPY Grains.Abstractions/Grains.Abstractions.csproj Grains.Abstractions/
COPY Grains/Grains.csproj Grains/
COPY Orleans.PostgreSql/Orleans.PostgreSql.csproj Orleans.PostgreSql/
COPY ServiceDefaults/ServiceDefaults.csproj ServiceDefaults/
COPY Silo/Silo.csproj Silo/
RUN --mount=type=cache,target=/root/.nuget/packages dotnet restore Silo
COPY . .
ARG VERSION=0.0.0
RUN --mount=type=cache,target=/root/.nuget/packages deploy/publish.sh Silo /publish --version "$VERSION"

# Without a shell and a package manager; the runtime and nothing else.
FROM mcr.microsoft.com/dotnet/aspnet:10.0-noble-chiseled AS final
ARG VERSION=0.0.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="SoonShop silo" \
      org.opencontainers.image.description="Grains, streams, storage and everything that touches the outside" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION"
# No diagnostics port, whose socket would want a writable directory. No Kerberos, whose library is not there.
ENV DOTNET_ENVIRONMENT=Production \
    DOTNET_EnableDiagnostics=0 \
    PGGSSENCMODE=disable \
    Silo__HttpAddress=+ \
    Silo__HttpPort=8081
WORKDIR /app
COPY --from=build /publish ./
# The image's user `app`, by its number, so that Kubernetes can see that it is not root.
USER 1654:1654
# Other silos, front ends, health and metrics.
EXPOSE 11111 30000 8081
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
  CMD ["dotnet", "SoonShop.Silo.dll", "health", "http://127.0.0.1:8081/health/ready"]
ENTRYPOINT ["dotnet", "SoonShop.Silo.dll"]
