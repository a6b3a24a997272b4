using System.Text.RegularExpressions;
using MimeKit;
using SoonShop.Carts;
using SoonShop.Orders;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Api;

/// <summary>A shop that writes its mail to a folder, with few mails an hour to an address that nobody has proven.</summary>
public class OrderLinkShop : IAsyncLifetime
{
    /// <summary>The mails of one kind an hour.</summary>
    public const int MailsPerHour = 3;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private readonly string folder = Path.Combine(Repository.TestData, $"mail-{Guid.NewGuid():N}");

    internal Shop Shop { get; private set; } = null!;

    internal ApiClient Api { get; private set; } = null!;

    internal ApiClient Admin { get; private set; } = null!;

    /// <summary>Further settings.</summary>
    protected virtual (string Name, string Value)[] More => [];

    public async ValueTask InitializeAsync()
    {
        (Shop, Api) = await Shop.StartAsync(
        [
            ("Notifications__Email__Mode", "Directory"), ("Notifications__Email__From", "shop@shop.example"),
            ("Notifications__Email__Directory", folder),
            ("Notifications__Email__GuestMailsPerHour", $"{MailsPerHour}"), .. More,
        ]);
        Admin = await Api.AsAdminAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (Shop is not null)
            await Shop.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>The mails to an address.</summary>
    internal MimeMessage[] MailsTo(string email) => Directory.Exists(folder)
        ? [.. Directory.EnumerateFiles(folder, "*.eml").Select(f => MimeMessage.Load(f)).Where(m => m.To.Mailboxes.Any(b =>
            string.Equals(b.Address, email, StringComparison.OrdinalIgnoreCase)))]
        : [];

    /// <summary>The mails to an address that have a link to an order.</summary>
    internal MimeMessage[] LinksTo(string email) =>
        [.. MailsTo(email).Where(m => m.Subject!.StartsWith("Your order ", StringComparison.Ordinal))];

    /// <summary>The token in a mail to an address, behind the link to a page; waits for it.</summary>
    internal async Task<string> TokenAsync(string email, string page)
    {
        string? token = null;
        await Until.TrueAsync($"a link to {page} is mailed to {email}", Limit, () =>
        {
            token = MailsTo(email).Select(m => Regex.Match(m.TextBody!, $@"/{page}\?token=(\S+)")).FirstOrDefault(m => m.Success)?
                .Groups[1].Value;
            return Task.FromResult(token is not null);
        });
        return Uri.UnescapeDataString(token!);
    }

    /// <summary>A guest who buys one thing; answers the guest and the order.</summary>
    internal async Task<(ApiClient Guest, Reply Order)> BuyAsync(
        string email, string paymentMethod = "pm_card_visa", ApiClient? buyer = null)
    {
        var guest = buyer ?? await Api.AsGuestAsync();
        Expect.Status(200, await guest.FillCartAsync(await Admin.CreateProductAsync()));
        var placed = await guest.PostAsync(
            "/orders", new { email, paymentMethod, shippingAddress = ApiClient.Address() }, Guid.NewGuid().ToString());
        return (guest, placed);
    }

    /// <summary>A token that the shop's key has signed, whoever asked for it.</summary>
    internal Task<string> SignedTokenAsync(string orderId, string email, DateTimeOffset expiresAt) =>
        SignedTokenAsync(Shop, orderId, email, expiresAt);

    /// <summary>A token that the key of a shop has signed.</summary>
    internal static async Task<string> SignedTokenAsync(Shop shop, string orderId, string email, DateTimeOffset expiresAt) =>
        (await new OrderTokens(new Keys(shop), TimeProvider.System).IssueAsync(Guid.Parse(orderId), email, expiresAt)).ToString();

    /// <summary>The same token with another proof.</summary>
    internal static string Forge(string token) => token[..60] + (token[60] == 'A' ? 'B' : 'A') + token[61..];

    private sealed class Keys(Shop shop) : ICartIdKeys
    {
        public async ValueTask<CartIdKeys> GetAsync() =>
            new(await shop.QueryAsync<byte[]>("select key from cart_id_key order by number limit 1"));
    }
}

/// <summary>The tests of this collection share such a shop.</summary>
[CollectionDefinition(nameof(OrderLinkShop))]
public sealed class OrderLinkShopCollection : ICollectionFixture<OrderLinkShop>;
