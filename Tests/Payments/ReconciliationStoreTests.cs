using SoonShop.Payments;
using SoonShop.Silo.Payments;
using SoonShop.Tests.Streams;

namespace SoonShop.Tests.Payments;

public sealed class ReconciliationStoreTests
{
    [Fact]
    public async Task since_when_runs_fail_stands_in_the_report_until_one_does_not()
    {
        await using var database = await StreamDatabase.CreateForShopAsync();
        var store = new ReconciliationStore(database.Source);
        async Task<string> EndedAsync(string? error)
        {
            await store.RequestAsync(CancellationToken.None);
            Assert.NotNull(await store.TryTakeAsync("me", TimeSpan.FromMinutes(1), CancellationToken.None));
            await store.EndAsync("me", new ReconciliationReport(0, 0, 0, 0, 0, 0, error), TimeSpan.FromMinutes(5), CancellationToken.None);
            Assert.Equal(error, (await store.GetStatusAsync(CancellationToken.None)).Last!.Error);
            return await database.QueryAsync<string>("select coalesce(report ->> 'failingSince', '') from payment_reconciliation");
        }
        Assert.Empty(await EndedAsync(null));
        var since = await EndedAsync("no answer");
        Assert.True(DateTimeOffset.TryParse(since, null, out _), since);
        Assert.Equal(since, await EndedAsync("no answer again"));
        Assert.Empty(await EndedAsync(null));
    }
}
