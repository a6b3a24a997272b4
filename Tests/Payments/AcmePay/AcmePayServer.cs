using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Payments.AcmePay;

/// <summary>AcmePay, on this machine. The payment method decides what becomes of a payment.</summary>
internal sealed class AcmePayServer : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, AcmePayment> payments = new();
    private readonly WebApplication app;

    private AcmePayServer(WebApplication app, string url) => (this.app, Url) = (app, url);

    public string Url { get; }

    public static async Task<AcmePayServer> StartAsync(string apiKey)
    {
        var (app, url) = LocalServer.Create();
        var server = new AcmePayServer(app, url);
        app.Use((context, next) =>
        {
            if (context.Request.Headers["X-Api-Key"] == apiKey)
                return next(context);
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            return Task.CompletedTask;
        });
        app.MapPost("/payments", (NewPayment payment) => server.payments.GetOrAdd(IdOf(payment.Key), id => Made(id, payment)));
        app.MapGet("/payments", () => server.payments.Values);
        app.MapGet("/payments/{id}", (string id) =>
            server.payments.TryGetValue(id, out var payment) ? Results.Ok(payment) : Results.NotFound());
        app.MapPost("/payments/{id}/cancel", (string id) =>
            server.Change(id, p => p.State is "waiting" or "refused" ? p with { State = "cancelled" } : p));
        app.MapPost("/payments/{id}/refund", (string id, NewRefund refund) =>
            server.Change(id, p => p with { Refunded = p.Refunded + refund.Amount }));
        await app.StartAsync();
        return server;
    }

    /// <summary>The payments of an order.</summary>
    public AcmePayment[] Of(string order) => [.. payments.Values.Where(p => p.Order == Guid.Parse(order))];

    /// <summary>The customer approves a payment in AcmePay's app.</summary>
    public AcmePayment Approve(string id) => Change(id, p => p with { State = "paid" });

    public ValueTask DisposeAsync() => app.DisposeAsync();

    private AcmePayment Change(string id, Func<AcmePayment, AcmePayment> change) =>
        payments.AddOrUpdate(id, _ => throw new InvalidOperationException($"There is no payment {id}."), (_, payment) => change(payment));

    private static string IdOf(string key) => $"ap-{key.Replace('/', '-')}";

    private static AcmePayment Made(string id, NewPayment of)
    {
        var (state, reason) = of.Method switch
        {
            "acme-account" => ("paid", null),
            "acme-app" => ("waiting", null),
            "acme-poor" => ("refused", "NO_FUNDS"),
            "acme-frozen" => ("refused", "ACCOUNT_FROZEN"),
            "none" => ("cancelled", null),
            _ => ("refused", "OTHER"),
        };
        return new AcmePayment(id, of.Key, of.Order, of.Amount, of.Currency, state, reason, 0, DateTimeOffset.UtcNow);
    }

    private sealed record NewPayment(string Key, Guid Order, long Amount, string Currency, string Method);

    private sealed record NewRefund(string Key, long Amount);
}
