using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SoonShop.Payments;
using SoonShop.Silo.Payments;
using SoonShop.StripeTesting;

namespace SoonShop.Tests.Payments;

/// <summary>A test server that behaves like Stripe, and the shop's side of the talk with it.</summary>
public abstract class StripeSide : IAsyncLifetime
{
    protected const string WebhookSecret = "whsec_0123456789abcdef";
    private readonly List<StripeCalls> opened = [];

    protected StripeServer Server { get; private set; } = null!;

    /// <summary>What the shop's side logged.</summary>
    protected LogLines Log { get; } = new();

    protected virtual StripeServerOptions ServerOptions => new() { Port = 0, HangSeconds = 60, SlowSeconds = 1 };

    public async ValueTask InitializeAsync() => Server = await StripeServer.StartAsync(ServerOptions);

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        opened.ForEach(c => c.Dispose());
        await Server.DisposeAsync();
    }

    /// <summary>Short waits, and a breaker that stays closed unless a test is about it.</summary>
    private protected PaymentsOptions Options(Action<StripeOptions>? change = null, CaptureMode capture = CaptureMode.Automatic)
    {
        var options = new PaymentsOptions { Provider = "Stripe", Capture = capture };
        var stripe = options.Of<StripeOptions>();
        (stripe.ApiKey, stripe.ApiBase, stripe.WebhookSecrets) = (ServerOptions.ApiKey, Server.Url, [WebhookSecret]);
        (stripe.TryTimeoutSeconds, stripe.RetryDelayMilliseconds, stripe.BreakerMinimumRequests) = (3, 50, 1000);
        change?.Invoke(stripe);
        Assert.Empty(options.Problems());
        return options;
    }

    private protected IPaymentProvider Provider(Action<StripeOptions>? change = null, CaptureMode capture = CaptureMode.Automatic)
    {
        var options = Options(change, capture);
        var stripe = Microsoft.Extensions.Options.Options.Create(options.Of<StripeOptions>());
        var calls = Calls(stripe);
        return new StripePaymentProvider(
            calls, new StripeLookup(calls, TimeProvider.System), stripe, Microsoft.Extensions.Options.Options.Create(options),
            TimeProvider.System, Log.For<StripePaymentProvider>());
    }

    private protected IPaymentMethods Methods()
    {
        var options = Microsoft.Extensions.Options.Options.Create(Options().Of<StripeOptions>());
        return new StripePaymentMethods(Calls(options), options, TimeProvider.System);
    }

    private protected static CreateProviderPayment Payment(string method = "pm_card_visa", long amount = 2000, TimeSpan age = default)
    {
        var order = Guid.NewGuid();
        return new CreateProviderPayment(
            $"{order:N}/attempt/1", order, Guid.NewGuid(), new Money(amount, "USD"), method, DateTimeOffset.UtcNow - age);
    }

    private protected static CreateProviderRefund Refund(ProviderPayment payment, long amount, int number = 1, TimeSpan age = default) =>
        new(
            $"{payment.Reference}/refund/{number}", payment.Reference!, Guid.NewGuid(), new Money(amount, "USD"),
            DateTimeOffset.UtcNow - age);

    /// <summary>Asks again, as the payment's grain does, until there is a definite answer.</summary>
    private protected static async Task<T> UntilDefiniteAsync<T>(Func<Task<T>> ask)
    {
        var end = DateTime.UtcNow.AddSeconds(60);
        while (true)
        {
            try
            {
                return await ask();
            }
            catch (UnavailableException) when (DateTime.UtcNow < end)
            {
                await Task.Delay(50);
            }
        }
    }

    /// <summary>The one payment on the server's books.</summary>
    protected BookedPayment TheOnePayment => Assert.Single(Server.Books.Payments);

    private StripeCalls Calls(IOptions<StripeOptions> options)
    {
        var calls = new StripeCalls(options, TimeProvider.System, Log.For<StripeCalls>());
        opened.Add(calls);
        return calls;
    }
}

/// <summary>Keeps what is logged.</summary>
public sealed class LogLines
{
    private readonly ConcurrentQueue<(LogLevel Level, string Text)> lines = new();

    public IReadOnlyCollection<(LogLevel Level, string Text)> Lines => lines;

    public string Text => string.Join('\n', lines.Select(l => l.Text));

    public ILogger<T> For<T>() => new Logger<T>(this);

    private sealed class Logger<T>(LogLines log) : ILogger<T>
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            log.lines.Enqueue((logLevel, $"{formatter(state, exception)} {exception}"));
    }
}
