#!/usr/bin/env bash
# Builds, and writes anew from the code: the OpenAPI document, and the generated parts of the pages in docs/ (configuration keys, problems,
# routes, event types, retry policies).
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
dotnet build "$root/SoonShop.sln" -c Release -v quiet --nologo
dotnet "$root/ApiFrontend/bin/Release/net10.0/SoonShop.ApiFrontend.dll" openapi v1 "$root/ApiFrontend/openapi/v1.json"
SOONSHOP_RENEW_DOCS=1 dotnet "$root/Tests/bin/Release/net10.0/SoonShop.Tests.dll" -noLogo -class '*.GeneratedPageTests'
