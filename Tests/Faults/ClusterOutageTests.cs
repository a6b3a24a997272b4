using SoonShop.Tests.Running;

namespace SoonShop.Tests.Faults;

/// <summary>A front end whose cluster is gone, and one whose cluster is slow.</summary>
public sealed class ClusterOutageTests
{
    [Fact]
    public async Task without_a_cluster_requests_are_refused_unasked_and_service_resumes_by_itself()
    {
        await using var shop = await Shop.CreateAsync();
        var silo = await shop.StartSiloProcessAsync();
        var (api, frontEnd) = await shop.StartApiProcessAsync();
        var guest = await api.AsGuestAsync();
        await silo.KillAsync();

        Reply? last = null;
        await Until.TrueAsync("the breaker is open", TimeSpan.FromSeconds(90), async () =>
        {
            var replies = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => guest.GetAsync("/cart")));
            Assert.All(replies, r => AssertUnavailable(r));
            last = replies[^1];
            return WasNotAsked(last);
        });
        for (var i = 0; i < 50; i++)
        {
            Assert.True(WasNotAsked(AssertUnavailable(await guest.GetAsync("/cart"))));
            Assert.True(WasNotAsked(AssertUnavailable(await api.PostAsync("/carts"))));
        }
        Assert.Equal(200, (int)(await api.GetAsync("//health/live")).Status);
        AssertUnavailable(await api.GetAsync("//health/ready"));
        await SaysAsync(frontEnd, "The cluster does not respond");

        await shop.StartSiloProcessAsync();
        await Until.TrueAsync(
            "the shop is ready", TimeSpan.FromSeconds(90), async () => (int)(await api.GetAsync("//health/ready")).Status == 200);
        Assert.Equal(200, (int)(await Buyer.AskAsync(() => guest.GetAsync("/cart"))).Status);
        await SaysAsync(frontEnd, "The cluster responds again");
    }

    /// <summary>What a process writes is read beside the test.</summary>
    private static Task SaysAsync(ShopProcess process, string text) => Until.TrueAsync(
        $"the log says: {text}", TimeSpan.FromSeconds(30), () => Task.FromResult(process.Log.Contains(text, StringComparison.Ordinal)));

    private static Reply AssertUnavailable(Reply reply)
    {
        Assert.True((int)reply.Status == 503, $"{(int)reply.Status} {reply.Body}");
        Assert.Equal("unavailable", reply.Code);
        Assert.True(reply.Headers.ContainsKey("Retry-After"));
        return reply;
    }

    /// <summary>What the breaker says.</summary>
    private static bool WasNotAsked(Reply reply) => reply.Body.Contains("cannot be reached at the moment", StringComparison.Ordinal);
}
