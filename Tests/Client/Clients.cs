using SoonShop.Tests.Running;

namespace SoonShop.Tests.Client;

using SoonShop.Client;

/// <summary>Clients of a shop that runs.</summary>
internal static class Clients
{
    /// <summary>An address in Great Britain.</summary>
    public static AddressRequest Address { get; } =
        new() { Name = "Ada Lovelace", Line1 = "12 St James Sq", City = "London", PostalCode = "SW1Y 4JH", Country = "GB" };

    /// <summary>A client that goes to the shop, or to a proxy in front of it, and does not wait long between its tries.</summary>
    public static SoonShopClient Client(this RunningShop shop, Uri? address = null, Action<SoonShopClientOptions>? configure = null)
    {
        var options = new SoonShopClientOptions { Address = address ?? shop.Api.Http.BaseAddress };
        options.FirstRetryDelay = TimeSpan.FromMilliseconds(1);
        configure?.Invoke(options);
        return new SoonShopClient(options);
    }

    /// <summary>The administrator of the shop.</summary>
    public static SoonShopClient AsAdmin(this SoonShopClient client, RunningShop shop) =>
        client.WithCredentials(new SessionCredentials(new SessionTokens(shop.Admin.AccessToken!, "unused")));

    /// <summary>A guest of this client, with units of a product in a new cart.</summary>
    public static async Task<SoonShopClient> AsGuestAsync(this SoonShopClient client, string sku, int quantity = 1)
    {
        var cart = await client.OpenCartAsync();
        var guest = client.WithCredentials(new GuestCredentials(cart.Id));
        await guest.SetCartItemAsync(sku, new CartItemRequest { Quantity = quantity });
        return guest;
    }

    /// <summary>An order of what is in the cart.</summary>
    public static PlaceOrderRequest Order(string paymentMethod = "pm_card_visa") =>
        new() { Email = "ada@example.com", PaymentMethod = paymentMethod, ShippingAddress = Address };

    /// <summary>The exception that a call ends with.</summary>
    public static Task<SoonShopException> FailsAsync(Func<Task> call) => Assert.ThrowsAsync<SoonShopException>(call);
}
