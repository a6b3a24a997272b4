using SoonShop.Tests.Running;

namespace SoonShop.Tests.Api;

/// <summary>A shop with 12.5 % tax on top of prices and paid shipping, which writes its mail to a folder.</summary>
public sealed class DraftOrderShop : OrderLinkShop
{
    protected override (string Name, string Value)[] More =>
    [
        ("Checkout__TaxBasisPointsByCountry__US", "1250"), ("Checkout__TaxBasisPointsRestOfWorld", ""),
        ("Checkout__Shipping__Amount", "300"), ("Checkout__CheckoutDueSeconds", "1"),
    ];

    /// <summary>The mails to an address that ask for a payment.</summary>
    internal MimeKit.MimeMessage[] RequestsTo(string email) =>
        [.. MailsTo(email).Where(m => m.Subject!.StartsWith("Pay your order ", StringComparison.Ordinal))];

    /// <summary>A draft order: one unit of a product, or what the changes say.</summary>
    internal static Dictionary<string, object?> Body(string sku, string? email, params (string Name, object? Value)[] changes)
    {
        var body = new Dictionary<string, object?>
        {
            ["email"] = email,
            ["currency"] = "USD",
            ["lines"] = new[] { new { sku, quantity = 1 } },
            ["shippingAddress"] = ApiClient.Address(),
        };
        foreach (var (name, value) in changes)
            body[name] = value;
        return body;
    }

    internal static object Usd(long amount) => new { amount, currency = "USD" };

    /// <summary>Creates a draft order; returns its id.</summary>
    internal async Task<string> CreateAsync(object body) =>
        Expect.Status(201, await Admin.PostAsync("/admin/draft-orders", body)).Text("id");

    /// <summary>Sends a request as the holder of a mailed link.</summary>
    internal Task<Reply> ByLinkAsync(HttpMethod method, string path, string token, object? body = null) =>
        Api.SendAsync(method, path, body, more: ("X-Order-Token", token));

    internal Task<Reply> SendAsync(string draft) => Admin.PostAsync($"/admin/draft-orders/{draft}/send");
}

/// <summary>The tests of this collection share the shop.</summary>
[CollectionDefinition(nameof(DraftOrderShop))]
public sealed class DraftOrderShopCollection : ICollectionFixture<DraftOrderShop>;
