using Microsoft.AspNetCore.Http.HttpResults;
using SoonShop.ApiFrontend.Http;
using SoonShop.ApiKeys;

namespace SoonShop.ApiFrontend.ApiKeys;

/// <summary>API keys of machine clients, for administrators. An API key cannot create keys.</summary>
internal static class AdminApiKeysApi
{
    public static void MapAdminApiKeys(this IEndpointRouteBuilder admin)
    {
        var keys = admin.MapGroup("/api-keys").WithTags("Admin: API keys").ForAdministrators();
        keys.MapGet("", ListAsync).WithName("listApiKeys").WithSummary("List API keys");
        keys.MapPost("", CreateAsync).WithName("createApiKey").WithSummary("Create an API key").HoldsSecret(inBody: false);
        keys.MapGet("/{id:guid}", GetAsync).WithName("getApiKey").WithSummary("Get an API key");
        keys.MapDelete("/{id:guid}", RevokeAsync).WithName("revokeApiKey").WithSummary("Revoke an API key");
    }

    private static async Task<Ok<Page<ApiKey>>> ListAsync(IClusterClient cluster) =>
        TypedResults.Ok(new Page<ApiKey>(await cluster.GetGrain<IApiKeyListGrain>(0).ListAsync(), null));

    private static async Task<Results<Created<NewApiKeyResponse>, Problem>> CreateAsync(
        ApiKeyRequest body, HttpContext context, IClusterClient cluster)
    {
        var result = await Key(cluster, context.OperationId())
            .CreateAsync(new CreateApiKey(body.Name!, [.. body.Scopes!], body.ExpiresAt, context.Actor()));
        return result.IsError
            ? new Problem(result.Error)
            : TypedResults.Created($"/api/v1/admin/api-keys/{result.Value.Key.Id}", NewApiKeyResponse.Of(result.Value));
    }

    private static async Task<Results<Ok<ApiKey>, Problem>> GetAsync(Guid id, IClusterClient cluster) =>
        (await Key(cluster, id).GetAsync()).Ok();

    private static async Task<Results<NoContent, Problem>> RevokeAsync(Guid id, IClusterClient cluster, KnownApiKeys known)
    {
        var result = await Key(cluster, id).RevokeAsync();
        known.Forget();
        return result.NoContent();
    }

    private static IApiKeyGrain Key(IClusterClient cluster, Guid id) => cluster.GetGrain<IApiKeyGrain>(id);
}

/// <summary>The name, scopes and expiry of a new API key.</summary>
public sealed record ApiKeyRequest(
    [property: RequiredField, TextLength(100, MinimumLength = 1), Line] string? Name,
    [property: RequiredField, MaxItems(50)] string[]? Scopes,
    DateTimeOffset? ExpiresAt);

/// <summary>A new API key. <c>key</c> is the value to send; it is shown only once.</summary>
internal sealed record NewApiKeyResponse(
    Guid Id, string Name, ImmutableArray<string> Scopes, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt, string Key)
{
    public static NewApiKeyResponse Of(NewApiKey made) =>
        new(made.Key.Id, made.Key.Name, made.Key.Scopes, made.Key.CreatedAt, made.Key.ExpiresAt, made.Token.ToString());
}
