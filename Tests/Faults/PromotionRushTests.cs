using SoonShop.Pricing;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Faults;

[Collection(nameof(Faults))]
public sealed class PromotionRushTests
{
    private const int Buyers = 1000;
    private const int Uses = 100;
    private const int InFlight = 32;
    private const string Code = "RUSH";

    [Fact]
    public async Task a_code_of_a_hundred_uses_serves_exactly_a_hundred_of_a_thousand_buyers_while_silos_die()
    {
        await using var shop = await Shop.CreateAsync(null, ("Checkout__CheckoutDueSeconds", "2"));
        var otherPorts = (TcpPort.Free(), TcpPort.Free());
        var first = await shop.StartSiloProcessAsync();
        var second = await shop.StartSiloProcessAsync(ports: otherPorts);
        var api = await shop.StartApiAsync();
        var admin = await api.AsAdminAsync();
        var sku = await admin.CreateProductAsync(price: 1000, stock: 10 * Buyers);
        Assert.Equal(201, (int)(await admin.PostAsync("/admin/promotions", new
        {
            id = "rush",
            name = "For the first hundred",
            trigger = "code",
            code = Code,
            action = new { kind = "orderDiscount", percentPpm = 500_000 },
            maxUses = Uses,
            budget = new[] { new { amount = Uses * 500, currency = "USD" } },
        })).Status);

        var bought = 0;
        var some = new TaskCompletionSource();
        var more = new TaskCompletionSource();
        using var turns = new SemaphoreSlim(InFlight);
        var buying = Task.WhenAll(Enumerable.Range(0, Buyers).Select(async _ =>
        {
            await turns.WaitAsync();
            try
            {
                var buyer = await Buyer.ArriveAsync(api, sku);
                // A silo may know the code only a second later than another.
                await Until.TrueAsync("the code is known", TimeSpan.FromMinutes(1), async () =>
                    (int)(await Buyer.AskAsync(() => buyer.Guest.PutAsync($"/cart/codes/{Code}", null))).Status == 200);
                var reply = await buyer.OrderAsync();
                if ((int)reply.Status == 201 && Interlocked.Increment(ref bought) is var count)
                    (count == Uses / 4 ? some : count == Uses / 2 ? more : null)?.SetResult();
                return (Buyer: buyer, Reply: reply);
            }
            finally
            {
                turns.Release();
            }
        }));
        await some.Task.EndsAsync("the first orders", TimeSpan.FromMinutes(2));
        await second.KillAsync();
        await shop.StartSiloProcessAsync(ports: otherPorts);
        await more.Task.EndsAsync("more orders", TimeSpan.FromMinutes(2));
        await first.KillAsync();
        await InvariantChecker.AssertInvariantsAsync(shop);
        var answers = await buying;

        Assert.Equal(
            [(201, Uses), (409, Buyers - Uses)], answers.CountBy(a => (int)a.Reply.Status).OrderBy(c => c.Key).Select(c =>
                (c.Key, c.Value)));
        Assert.All(answers.Where(a => (int)a.Reply.Status == 201), a => Assert.Equal(500, a.Reply.Number("discount.amount")));
        Assert.All(answers.Where(a => (int)a.Reply.Status == 409), a => Assert.Equal("conflict", a.Reply.Code));
        await InvariantChecker.AssertBalanceAsync(shop, [.. answers.Select(a => a.Buyer.OrderId)]);
        Assert.Equal((Uses, Uses * 500), (
            await shop.QueryAsync<long>(
                "select count(*) from promotion_use where promotion_id = $1 and kind = 'Commit'", Promotion.GrainKey("rush")),
            (long)await shop.QueryAsync<decimal>(
                "select sum(amount) from promotion_use where promotion_id = $1 and kind = 'Commit'", Promotion.GrainKey("rush"))));
    }
}
