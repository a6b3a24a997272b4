using Asp.Versioning;
using Asp.Versioning.Routing;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace SoonShop.ApiFrontend.Versions;

/// <summary>
/// The versions of the API. Each has its place in the path (<c>/api/v1</c>) and its own OpenAPI document.
/// <para>
/// A new version begins as a copy of the one before: it is added to <see cref="All"/>, and every route is there. A route that is to differ is
/// mapped twice, with <c>.MapToApiVersion(1)</c> and <c>.MapToApiVersion(2)</c>; one that is not to be there any more stays with the versions
/// that it is mapped to. <c>VersionTests</c> does so.
/// </para>
/// </summary>
internal static class ApiVersions
{
    /// <summary>What stands before the version in every path of the API.</summary>
    public const string PathPrefix = "/api/v";

    /// <summary>The versions, oldest first.</summary>
    public static readonly ImmutableArray<ApiVersion> All = [new(1)];

    /// <summary>As in the path, and as the OpenAPI document is called: <c>v1</c>.</summary>
    public static string NameOf(ApiVersion version) => version.ToString("'v'VVV");

    /// <summary>Tells versions apart by the path, and says in <c>api-supported-versions</c> which ones there are.</summary>
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

    /// <summary>The place of the API's routes, of every version.</summary>
    public static RouteGroupBuilder MapShopApi(this IEndpointRouteBuilder app, params IEnumerable<ApiVersion> versions)
    {
        var set = versions.Aggregate(app.NewApiVersionSet("SoonShop"), (builder, version) => builder.HasApiVersion(version)).ReportApiVersions().Build();
        return app.MapGroup(PathPrefix + "{version:apiVersion}").WithApiVersionSet(set);
    }
}
