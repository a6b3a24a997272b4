using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http.Metadata;

namespace SoonShop.ApiFrontend.Http;

/// <summary>
/// Refuses unknown input before any work is done: query parameters that the handler does not have, and a body on a route without one.
/// Unknown and duplicate members of a body fail its binding (<see cref="AddStrictJson"/>). Whatever the first error is, the response
/// contains all of them (<see cref="BadRequestReader"/>).
/// </summary>
internal static class StrictRequests
{
    /// <summary>
    /// Makes unknown members, members in another case and duplicate members errors, and requires an amount and a currency for money.
    /// </summary>
    public static void AddStrictJson(this JsonSerializerOptions json)
    {
        json.UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow;
        json.AllowDuplicateProperties = false;
        json.PropertyNameCaseInsensitive = false;
        json.TypeInfoResolver = JsonTypeInfoResolver.WithAddedModifier(
            json.TypeInfoResolver ?? new DefaultJsonTypeInfoResolver(), static type =>
            {
                if (type.Type != typeof(Money))
                    return;
                foreach (var property in type.Properties)
                    property.IsRequired = true;
            });
    }

    /// <summary>
    /// Adds the check to the pipeline. Must follow <see cref="AccessRules.UseAccess"/>, so that unauthorized callers learn nothing.
    /// </summary>
    public static void UseStrictRequests(this IApplicationBuilder app) => app.Use((context, next) =>
        context.GetEndpoint() is { } endpoint && (HasWrongQuery(context.Request, endpoint) || HasUnexpectedBody(context, endpoint))
            ? CheckAsync(context, next)
            : next(context));

    /// <summary>True when the route takes no body and none is declared.</summary>
    public static bool TakesNoBody(Endpoint endpoint) =>
        QueryNames.Of(endpoint) is not null
        && endpoint.Metadata.GetMetadata<IAcceptsMetadata>() is null
        && endpoint.Metadata.GetMetadata<RawBody>() is null;

    private static bool HasWrongQuery(HttpRequest request, Endpoint endpoint) =>
        request.QueryString.HasValue && QueryNames.Of(endpoint)?.Faults(request).Any() == true;

    private static bool HasUnexpectedBody(HttpContext context, Endpoint endpoint) =>
        context.Request.Body is { CanSeek: true, Length: > 0 } && TakesNoBody(endpoint);

    private static async Task CheckAsync(HttpContext context, RequestDelegate next)
    {
        var faults = await BadRequestReader.FindAsync(context);
        if (faults.Count > 0)
        {
            await new Problem(Error.Invalid(faults)).ExecuteAsync(context);
            return;
        }
        // Accepts blanks or an empty object, which some clients send with every POST.
        context.Request.Body.Position = 0;
        await next(context);
    }
}
