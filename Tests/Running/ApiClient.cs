using System.Net.Http.Headers;
using System.Net.Http.Json;
using SoonShop.Addresses;
using SoonShop.Tests.Faults;

namespace SoonShop.Tests.Running;

/// <summary>A client of the HTTP API, as one caller: nobody, a guest with a cart, or somebody signed in.</summary>
internal sealed record ApiClient(HttpClient Http, string? AccessToken = null, string? CartId = null)
{
    /// <summary>The shop that it calls; null for one whose database is not at hand.</summary>
    public Shop? Shop { get; init; }

    /// <summary>An address in a country, with the parts that addresses there have.</summary>
    public static object Address(string country = "US")
    {
        var format = AddressFormat.Of(country)!;
        var (postalCode, region) = (
            format.PostalCodeExamples.FirstOrDefault(), format.RequiresRegion ? format.Regions.FirstOrDefault() : null);
        return new { name = "Ada Lovelace", line1 = "12 St James Sq", city = "Springfield", region, postalCode, country };
    }

    public Task<Reply> GetAsync(string path) => SendAsync(HttpMethod.Get, path);
    public Task<Reply> GetAsync(string path, string ifNoneMatch) => SendAsync(HttpMethod.Get, path, more: ("If-None-Match", ifNoneMatch));
    public Task<Reply> DeleteAsync(string path, string? ifMatch = null) => SendAsync(HttpMethod.Delete, path, ifMatch: ifMatch);
    public Task<Reply> PutAsync(string path, object? body, string? ifMatch = null) =>
        SendAsync(HttpMethod.Put, path, body, ifMatch: ifMatch);
    public Task<Reply> PatchAsync(string path, object? body) => SendAsync(HttpMethod.Patch, path, body);
    public Task<Reply> PostAsync(string path, object? body = null, string? key = null) => SendAsync(HttpMethod.Post, path, body, key);

    /// <summary>
    /// Sends one request below <c>/api/v1</c>, or, with a path from the root such as <c>//health/live</c>, outside it. A body that is
    /// <see cref="HttpContent"/>, or makes one for each request, goes as it is.
    /// </summary>
    public async Task<Reply> SendAsync(
        HttpMethod method, string path, object? body = null, string? key = null, string? ifMatch = null,
        params (string Name, string Value)[] more)
    {
        using var request = new HttpRequestMessage(method, path.StartsWith("//", StringComparison.Ordinal) ? path[1..] : "/api/v1" + path);
        if (body is not null)
            request.Content = body is Func<HttpContent> make ? make() : body as HttpContent ?? JsonContent.Create(body);
        if (AccessToken is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", AccessToken);
        if (CartId is not null)
            request.Headers.TryAddWithoutValidation("X-Cart-Id", CartId);
        if (key is not null)
            request.Headers.TryAddWithoutValidation("Idempotency-Key", key);
        if (ifMatch is not null)
            request.Headers.TryAddWithoutValidation("If-Match", ifMatch);
        foreach (var (name, value) in more)
            request.Headers.TryAddWithoutValidation(name, value);
        using var response = await Http.SendAsync(request);
        var headers = response.Headers.Concat(response.Content.Headers).ToDictionary(h => h.Key, h => string.Join(", ", h.Value));
        return new Reply(response.StatusCode, await response.Content.ReadAsStringAsync(), headers);
    }

    /// <summary>A guest with a new cart.</summary>
    public async Task<ApiClient> AsGuestAsync() => this with { AccessToken = null, CartId = (await PostAsync("/carts")).Text("id") };

    /// <summary>A new customer.</summary>
    public async Task<ApiClient> AsNewCustomerAsync(string? email = null)
    {
        var reply = await PostAsync(
            "/auth/register", new { email = email ?? $"{Guid.NewGuid():N}@example.com", password = "correct horse" });
        return this with { AccessToken = reply.Text("accessToken"), CartId = null };
    }

    /// <summary>
    /// The administrator of the test configuration, signed in as soon as the account is there. Looks for it in the database: a login that
    /// comes too early counts as a guess, and a handful of those lock the address.
    /// </summary>
    public async Task<ApiClient> AsAdminAsync(string email = Shop.AdminEmail, string password = Shop.AdminPassword)
    {
        if (Shop is not null)
            await Shop.HasAccountAsync(email);
        var reply = await Buyer.AskAsync(() => PostAsync("/auth/login", new { email, password }));
        if ((int)reply.Status != 200)
            throw new InvalidOperationException($"No administrator: {reply.Body}");
        return this with { AccessToken = reply.Text("accessToken"), CartId = null };
    }

    /// <summary>Puts units of a SKU into the cart.</summary>
    public Task<Reply> FillCartAsync(string sku, int quantity = 1) => PutAsync($"/cart/items/{sku}", new { quantity });

    /// <summary>Orders what is in the cart.</summary>
    public Task<Reply> OrderAsync(string? key = null, string paymentMethod = "pm_card_visa") => PostAsync(
        "/orders", new { email = "ada@example.com", paymentMethod, shippingAddress = Address() }, key ?? Guid.NewGuid().ToString());

    /// <summary>As an administrator: makes a customer group, unless it is there; answers its id.</summary>
    public async Task<string> CreateGroupAsync(string? id = null)
    {
        id ??= $"g-{Guid.NewGuid():N}"[..12];
        var created = await PostAsync("/admin/customer-groups", new { id, name = id });
        return (int)created.Status == 201 ? id : throw new InvalidOperationException(created.Body);
    }

    /// <summary>As an administrator: makes a product with stock; answers its SKU.</summary>
    public async Task<string> CreateProductAsync(int stock = 100, long price = 1000, string? sku = null)
    {
        sku ??= $"T-{Guid.NewGuid():N}"[..12].ToUpperInvariant();
        var created = await PostAsync("/products", new
        {
            sku,
            name = $"Test product {sku}",
            category = "test/things",
            price = new { amount = price, currency = "USD" },
        });
        if ((int)created.Status != 201)
            throw new InvalidOperationException(created.Body);
        if (stock > 0)
            await PostAsync($"/inventory/{sku}/adjustments", new { delta = stock, reason = "delivery" }, $"stock-{sku}");
        return sku;
    }
}
