namespace SoonShop.Tests.Payments;

/// <summary>Tests that have a Stripe test server each.</summary>
public abstract class StripeServerTest : IAsyncLifetime
{
    private protected StripeServerFixture stripe = null!;

    private protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => stripe = await StripeServerFixture.StartAsync();

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return stripe.DisposeAsync();
    }
}
