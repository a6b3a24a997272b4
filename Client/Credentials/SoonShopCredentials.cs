using System.Net.Http.Headers;

namespace SoonShop.Client;

/// <summary>Whose calls a client makes: nobody's, a guest's (<see cref="GuestCredentials"/>, or for one order
/// <see cref="OrderLinkCredentials"/>), a customer's or administrator's (<see cref="SessionCredentials"/>), or a program's
/// (<see cref="ApiKeyCredentials"/>).</summary>
public abstract class SoonShopCredentials
{
    private protected SoonShopCredentials()
    {
    }

    /// <summary>Calls of nobody in particular: to search products, open a cart, register or sign in.</summary>
    public static SoonShopCredentials None { get; } = new NoCredentials();

    /// <summary>Adds the credentials to a request.</summary>
    internal abstract ValueTask ApplyAsync(HttpRequestMessage request, TokenRefresh refresh, CancellationToken cancellationToken);

    /// <summary>After the shop refused the access token of a request: true when there is another one to try.</summary>
    internal virtual ValueTask<bool> RenewAsync(HttpRequestMessage refused, TokenRefresh refresh, CancellationToken cancellationToken) =>
        new(false);

    private protected static void SetBearer(HttpRequestMessage request, string token) =>
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);

    private sealed class NoCredentials : SoonShopCredentials
    {
        internal override ValueTask ApplyAsync(HttpRequestMessage request, TokenRefresh refresh, CancellationToken cancellationToken) =>
            default;
    }
}

/// <summary>A guest with a cart. Whoever has the id holds the cart and the orders that came from it.</summary>
/// <param name="cartId">What <c>OpenCartAsync</c> returned as the cart's id.</param>
public sealed class GuestCredentials(Guid cartId) : SoonShopCredentials
{
    internal override ValueTask ApplyAsync(HttpRequestMessage request, TokenRefresh refresh, CancellationToken cancellationToken)
    {
        request.Headers.TryAddWithoutValidation("X-Cart-Id", cartId.ToString());
        return default;
    }
}

/// <summary>
/// Somebody with a mailed link to one order: its token reads, watches, pays and cancels that order, and returns its goods.
/// </summary>
/// <param name="orderToken">The token in the link that <c>LookUpOrderAsync</c> mailed.</param>
public sealed class OrderLinkCredentials(string orderToken) : SoonShopCredentials
{
    internal override ValueTask ApplyAsync(HttpRequestMessage request, TokenRefresh refresh, CancellationToken cancellationToken)
    {
        request.Headers.TryAddWithoutValidation("X-Order-Token", orderToken);
        return default;
    }
}

/// <summary>A program with an API key. The key's scopes decide what it may do.</summary>
/// <param name="apiKey">The key, <c>sk_soonshop_…</c>.</param>
public sealed class ApiKeyCredentials(string apiKey) : SoonShopCredentials
{
    internal override ValueTask ApplyAsync(HttpRequestMessage request, TokenRefresh refresh, CancellationToken cancellationToken)
    {
        SetBearer(request, apiKey);
        return default;
    }
}
