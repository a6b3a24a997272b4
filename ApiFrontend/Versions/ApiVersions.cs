using Asp.Versioning;
using Asp.Versioning.Routing;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace SoonShop.ApiFrontend.Versions;

/// <summary>
/// The versions of the API. Each has its place in the path (<c>/api/v1</c>) and an OpenAPI document of its own.
/// <para>
/// A new version begins as a copy of the previous one: add it to <see cref="All"/>, and it has every route. To make a route differ, map it
/// twice, with <c>.MapToApiVersion(1)</c> and <c>.MapToApiVersion(2)</c>. To remove a route, map it only to the versions that keep it.
/// <c>VersionTests</c> shows both.
/// </para>
/// </summary>
internal static class ApiVersions
{
    /// <summary>The part before the version in every path of the API.</summary>
    public const string PathPrefix = "/api/v";

    /// <summary>The versions, oldest first.</summary>
    public static readonly ImmutableArray<ApiVersion> All = [new(1)];

    /// <summary>Returns the name in the path and of the OpenAPI document, such as <c>v1</c>.</summary>
    public static string NameOf(ApiVersion version) => version.ToString("'v'VVV");

    /// <summary>Adds versioning by path, with the available versions in <c>api-supported-versions</c>.</summary>
    public static IServiceCollection AddShopVersions(this IServiceCollection services, VersionsOptions options)
    {
        services.AddApiVersioning(o =>
        {
            o.ApiVersionReader = new UrlSegmentApiVersionReader();
            o.ReportApiVersions = true;
        }).AddApiExplorer(o =>
        {
            o.GroupNameFormat = "'v'VVV";
            o.SubstituteApiVersionInUrl = true;
        });
        services.Replace(ServiceDescriptor.Singleton<IReportApiVersions, CachedVersionReporter>());
        services.Remove(services.Single(s => s.ImplementationType == typeof(ApiVersionMatcherPolicy)));
        services.AddSingleton<ApiVersionMatcherPolicy>().AddSingleton<MatcherPolicy, CachedVersionPolicy>();
        return services.AddSingleton(new Deprecations(options));
    }

    /// <summary>Maps the group of the API's routes, for every version.</summary>
    public static RouteGroupBuilder MapShopApi(this IEndpointRouteBuilder app, params IEnumerable<ApiVersion> versions)
    {
        var set = versions.Aggregate(app.NewApiVersionSet("SoonShop"), (builder, version) => builder.HasApiVersion(version))
            .ReportApiVersions().Build();
        return app.MapGroup(PathPrefix + "{version:apiVersion}").WithApiVersionSet(set);
    }
}
