using System.Diagnostics;
using System.Text.Json;
using SoonShop.Payments;
using SoonShop.ServiceDefaults.Telemetry;

namespace SoonShop.Silo.Payments;

/// <summary>Adds metrics and traces (source <c>SoonShop.Payments</c>) to the calls of any payment provider.</summary>
internal sealed class InstrumentedPaymentProvider : IPaymentProvider
{
    private static readonly ActivitySource Source = new(TelemetryHosting.PaymentSource);

    private readonly IPaymentProvider provider;
    private readonly PaymentMetrics metrics;

    public InstrumentedPaymentProvider(IPaymentProvider provider, PaymentMetrics metrics)
    {
        (this.provider, this.metrics) = (provider, metrics);
        metrics.WatchProvider(() => provider.IsAvailable);
    }

    public bool IsAvailable => provider.IsAvailable;

    public Task<ProviderPayment> CreateAsync(CreateProviderPayment command, CancellationToken cancellation) =>
        ObserveAsync("create", () => provider.CreateAsync(command, cancellation), Outcome);

    public Task<ProviderPayment> VoidAsync(CreateProviderPayment command, CancellationToken cancellation) =>
        ObserveAsync("withdraw", () => provider.VoidAsync(command, cancellation), Outcome);

    public Task<ProviderPayment?> RetrieveAsync(string reference, CancellationToken cancellation) =>
        ObserveAsync(
            "retrieve", () => provider.RetrieveAsync(reference, cancellation), payment => payment is null ? "none" : Outcome(payment));

    public Task<ProviderPayment> CancelAsync(string reference, string idempotencyKey, CancellationToken cancellation) =>
        ObserveAsync("cancel", () => provider.CancelAsync(reference, idempotencyKey, cancellation), Outcome);

    public Task<ProviderPayment> CaptureAsync(string reference, Money amount, string idempotencyKey, CancellationToken cancellation) =>
        ObserveAsync("capture", () => provider.CaptureAsync(reference, amount, idempotencyKey, cancellation), Outcome);

    public Task<ProviderRefund> RefundAsync(CreateProviderRefund command, CancellationToken cancellation) =>
        ObserveAsync("refund", () => provider.RefundAsync(command, cancellation), refund => Word(refund.Status));

    private async Task<T> ObserveAsync<T>(string operation, Func<Task<T>> ask, Func<T, string> outcomeOf)
    {
        using var activity = Source.StartActivity($"payment {operation}", ActivityKind.Client);
        var started = Stopwatch.GetTimestamp();
        var outcome = "error";
        try
        {
            var answer = await ask();
            outcome = outcomeOf(answer);
            return answer;
        }
        catch (Exception e)
        {
            // The caller's time limit may expire first. That counts as no response, too.
            if (e is UnavailableException or OperationCanceledException or TimeoutException)
                outcome = "unavailable";
            activity?.SetStatus(ActivityStatusCode.Error, e.GetType().Name);
            throw;
        }
        finally
        {
            metrics.ProviderAsked(operation, outcome, Stopwatch.GetElapsedTime(started));
            activity?.SetTag("soonshop.payment.outcome", outcome);
        }
    }

    private static string Outcome(ProviderPayment payment) => Word(payment.Status);

    private static string Word<T>(T status) where T : struct, Enum => JsonNamingPolicy.SnakeCaseLower.ConvertName(status.ToString());
}
