using MimeKit;
using SoonShop.Tests.Api;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Notifications;

/// <summary>What a guest is mailed who pays only after many attempts.</summary>
public sealed class UnpaidOrderMailTests
{
    private const int Most = 6;

    [Fact]
    public async Task declined_and_superseded_orders_hold_no_receipt_back_and_none_says_that_money_is_given_back()
    {
        var (shop, api, folder) = await DemoShop.StartAsync(("Notifications__Email__GuestMailsPerHour", $"{Most}"));
        await using var _ = shop;
        var email = $"{Guid.NewGuid():N}@example.com";
        MimeMessage[] Mails() => Directory.Exists(folder)
            ? [.. Directory.EnumerateFiles(folder, "*.eml").Select(f => MimeMessage.Load(f)).Where(m =>
                m.To.Mailboxes.Any(b => b.Address == email))]
            : [];
        var guest = await api.AsGuestAsync();
        Expect.Status(200, await guest.FillCartAsync("COFFEE-HOUSE-1KG"));
        Task<Reply> OrderAsync(string paymentMethod) => guest.PostAsync(
            "/orders", new { email, paymentMethod, shippingAddress = ApiClient.Address() }, Guid.NewGuid().ToString());

        for (var i = 0; i < Most + 2; i++)
            Expect.Status(402, await OrderAsync("pm_card_visa_chargeDeclined"));
        var paid = Expect.Status(201, await OrderAsync("pm_card_visa"));

        var receipt = $"Order {paid.Text("number")} is confirmed";
        await Until.TrueAsync(
            "the receipt is mailed", TimeSpan.FromSeconds(60), () => Task.FromResult(Mails().Any(m => m.Subject == receipt)));
        Assert.Equal(
            Most + 1, Mails().Count(m => m.Subject == receipt || m.Subject!.EndsWith("was declined", StringComparison.Ordinal)));
        Assert.Equal(Most + 1, Mails().Length);
        Assert.DoesNotContain(Mails(), m => m.TextBody!.Contains("given back", StringComparison.Ordinal));
    }
}
