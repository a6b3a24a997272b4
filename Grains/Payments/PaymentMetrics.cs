using System.Diagnostics.Metrics;

namespace SoonShop.Payments;

/// <summary>The meter <c>SoonShop.Payments</c>: calls to the provider, webhooks and reconciliation.</summary>
public sealed class PaymentMetrics
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "SoonShop.Payments";

    private readonly Meter meter;
    private readonly Counter<long> webhooks, news, strays, found;
    private readonly Histogram<double> asked;
    private volatile KeyValuePair<string, DateTimeOffset?>[] comparedTo = [];
    private IReadOnlyDictionary<DiscrepancyKind, long> open = new Dictionary<DiscrepancyKind, long>();

    /// <summary>Creates the instruments.</summary>
    public PaymentMetrics(IMeterFactory meters)
    {
        meter = meters.Create(MeterName);
        webhooks = meter.CreateCounter<long>("soonshop.payments.webhooks", "{post}", "Webhooks of the payment provider, by result");
        news = meter.CreateCounter<long>("soonshop.payments.news", "{news}", "The provider's payment updates, by outcome");
        strays = meter.CreateCounter<long>(
            "soonshop.payments.strays", "{payment}", "Payments at the provider that the shop did not know, by resolution");
        found = meter.CreateCounter<long>(
            "soonshop.payments.discrepancies_found", "{discrepancy}",
            "Discrepancies that reconciliation found, by kind and whether it settled them");
        asked = meter.CreateHistogram("soonshop.payments.provider.duration", "s", "Calls to the payment provider, by operation and outcome",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20] });
        meter.CreateObservableGauge("soonshop.payments.discrepancies",
            () => Volatile.Read(ref open).Select(k => new Measurement<long>(k.Value, Kind(k.Key))), "{discrepancy}",
            "Open discrepancies in the cluster, by kind");
        meter.CreateObservableGauge("soonshop.payments.compared_up_to_timestamp",
            () => comparedTo.Where(c => c.Value is not null).Select(c => new Measurement<double>(
                c.Value!.Value.ToUnixTimeMilliseconds() / 1000.0, new KeyValuePair<string, object?>("books", c.Key))),
            "s", "Every payment, or order, that was made before was compared by reconciliation; seconds since 1970");
    }

    /// <summary>
    /// Counts a webhook: <c>accepted</c>, <c>duplicate</c>, <c>ignored</c> (a type that the shop does not use) or <c>refused</c>.
    /// </summary>
    public void WebhookReceived(string result) => webhooks.Add(1, new KeyValuePair<string, object?>("result", result));

    /// <summary>Records up to which creation time payments and orders were compared; null for none.</summary>
    public void ComparedUpTo(DateTimeOffset? payments, DateTimeOffset? orders) =>
        comparedTo = [new("payments", payments), new("orders", orders)];

    /// <summary>Records a call to the provider and its outcome.</summary>
    public void ProviderAsked(string operation, string outcome, TimeSpan took) =>
        asked.Record(
            took.TotalSeconds, new KeyValuePair<string, object?>("operation", operation),
            new KeyValuePair<string, object?>("outcome", outcome));

    /// <summary>Registers the gauge for the provider's availability.</summary>
    public void WatchProvider(Func<bool> isAvailable) =>
        meter.CreateObservableGauge(
            "soonshop.payments.provider.available", () => isAvailable() ? 1 : 0,
            description: "0 while the payment provider is known to be unreachable");

    /// <summary>Counts an update and its outcome.</summary>
    public void UpdateHandled(PaymentUpdateOutcome effect) => news.Add(1, new KeyValuePair<string, object?>("effect", Name(effect)));

    /// <summary>Counts an unmatched payment and its resolution.</summary>
    public void UnmatchedPaymentSettled(UnmatchedPaymentResolution fate) =>
        strays.Add(1, new KeyValuePair<string, object?>("fate", Name(fate)));

    /// <summary>Counts a discrepancy.</summary>
    public void DiscrepancyFound(DiscrepancyKind kind, bool settled) =>
        found.Add(1, Kind(kind), new KeyValuePair<string, object?>("settled", settled));

    /// <summary>Records how many discrepancies are open.</summary>
    public void DiscrepanciesOpen(IReadOnlyDictionary<DiscrepancyKind, long> counts) => Volatile.Write(ref open, counts);

    private static KeyValuePair<string, object?> Kind(DiscrepancyKind kind) => new("kind", Name(kind));

    private static string Name<T>(T value)
        where T : struct, Enum => System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());
}
