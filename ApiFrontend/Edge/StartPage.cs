using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Net.Http.Headers;
using SoonShop.ApiFrontend.Cluster;
using SoonShop.ApiFrontend.Http;
using SoonShop.ApiFrontend.Localization;

namespace SoonShop.ApiFrontend.Edge;

/// <summary>
/// <c>GET /</c>: describes the API and links to its other pages, as HTML or JSON by <c>Accept</c>, in the client's preferred language. The
/// page loads nothing except its own style.
/// </summary>
internal static class StartPage
{
    private const string FirstCall = "/api/v1/products?q=cofee+beans&limit=3";

    private const string Style =
        "body{font:1rem/1.6 system-ui,sans-serif;max-width:42rem;margin:4rem auto;padding:0 1rem;color-scheme:light "
            + "dark}code{overflow-wrap:anywhere}";

    /// <summary>The links, each with the key of its explanation.</summary>
    private static readonly (string Name, string Path, string Text)[] Links =
    [
        ("documentation", "/scalar", "page.documentation"),
        ("openapi", "/openapi/v1.json", "page.openapi"),
        ("products", FirstCall, "page.products"),
        ("live", "/health/live", "page.live"),
        ("ready", "/health/ready", "page.ready"),
    ];

    private static readonly MediaTypeHeaderValue Html = new("text/html"), Json = new("application/json");

    private static readonly string Policy =
        $"default-src 'none'; style-src 'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(Style)))}'; frame-ancestors "
            + "'none'; base-uri 'none'; form-action 'none'";

    public static void MapStartPage(this IEndpointRouteBuilder app) =>
        app.MapMethods("/", [HttpMethods.Get, HttpMethods.Head], Get).ForAnyone().Admit(AdmissionClass.Free).ExcludeFromDescription();

    private static IResult Get(HttpContext context)
    {
        var language = Messages.For(context.Request);
        var headers = context.Response.Headers;
        headers.ContentLanguage = language.Language;
        headers.AppendCommaSeparatedValues("Vary", "Accept", "Accept-Language");
        var (html, json) = (Quality(context.Request, Html), Quality(context.Request, Json));
        if (html <= 0 && json <= 0)
            return new Problem(Error.Of(
                ProblemCodes.NotAcceptable, "error.start-page", "This page is available as text/html or application/json."));
        if (html < json)
            return TypedResults.Ok(new StartPageResponse("SoonShop", language["page.about"],
                Links.ToDictionary(l => l.Name, l => l.Path)));
        headers.ContentSecurityPolicy = Policy;
        return TypedResults.Text(Page(language), "text/html", Encoding.UTF8);
    }

    /// <summary>
    /// Returns how much a client prefers a type (RFC 9110, section 12.5.1). The most specific range decides. Without the header, every type
    /// is accepted.
    /// </summary>
    private static double Quality(HttpRequest request, MediaTypeHeaderValue type)
    {
        if (request.Headers.Accept.Count == 0 || !MediaTypeHeaderValue.TryParseList(request.Headers.Accept, out var ranges))
            return 1;
        return ranges.Where(type.IsSubsetOf).MaxBy(r => r.MatchesAllTypes ? 0 : r.MatchesAllSubTypes ? 1 : 2) is { } range
            ? range.Quality ?? 1
            : 0;
    }

    private static string Page(Messages language) => $"""
        <!doctype html>
        <html lang="{language.Language}">
        <head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>SoonShop</title><style>{Style}</style></head>
        <body>
        <h1>SoonShop</h1>
        <p>{WebUtility.HtmlEncode(language["page.about"])}</p>
        <ul>
        {string.Join('\n', Links.Select(l =>
            $"<li><a href=\"{WebUtility.HtmlEncode(l.Path)}\"><code>{WebUtility.HtmlEncode(l.Path)}</code></a>: "
            + $"{WebUtility.HtmlEncode(language[l.Text])}</li>"))}
        </ul>
        </body>
        </html>

        """;
}

/// <summary>The description of the API, and its links.</summary>
internal sealed record StartPageResponse(string Name, string About, Dictionary<string, string> Links);
