using SoonShop.Tests.Running;
using SoonShop.Users;

namespace SoonShop.Tests.Grains;

/// <summary>Grains without a state, which are deactivated after their last call.</summary>
[Collection(nameof(InProcessSilo))]
public sealed class EmptyGrainTests(InProcessSilo silo)
{
    [Fact]
    public async Task calls_that_wait_for_one_another_are_all_answered()
    {
        var address = silo.Grains.GetGrain<IEmailGrain>(UserKeys.Email($"{Guid.NewGuid():N}@example.com"));
        for (var round = 0; round < 3; round++)
        {
            await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => address.ConfirmAsync(Guid.NewGuid())));
            // Some calls come while the grain is being deactivated.
            await Task.Delay(95, TestContext.Current.CancellationToken);
        }
    }
}
