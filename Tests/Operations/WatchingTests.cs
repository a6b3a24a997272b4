using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Operations;

/// <summary>Holds dashboards and alerts against what a shop that runs and sells really tells.</summary>
[Collection(nameof(RunningShop))]
public sealed partial class WatchingTests(RunningShop shop)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(90);

    private static string Dashboards => Path.Combine(Repository.Root, "deploy", "grafana", "dashboards");

    /// <summary>What only trouble, or somebody else, tells of: there may be no series of these.</summary>
    private static readonly string[] Quiet =
    [
        // Told by Prometheus itself, by the node exporter, by Kubernetes.
        "ALERTS", "node_", "kubelet_",
        "soonshop_events_failed_total", "soonshop_events_retried_total", "soonshop_events_dead_lettered_total",
        "soonshop_streams_undelivered_total", "soonshop_payments_discrepancies", "soonshop_gateway_rate_limited_total",
        "soonshop_notifications_total",
        // Of an integrity check that comes after a while, or never where it is switched off.
        "soonshop_integrity_breaches", "soonshop_integrity_audit_age_seconds", "soonshop_integrity_check_failed",
        // Of a broker that few shops have.
        "soonshop_rabbitmq_lag_seconds", "soonshop_rabbitmq_received_total",
        "db_client_connection_npgsql_pending_requests", "db_client_connection_npgsql_timeouts_total", "db_client_operation_failed_total",
        "orleans_app_requests_timedout_total", "orleans_app_requests_canceled_total", "orleans_catalog_activation_failed_to_activate_total",
        "orleans_catalog_activation_destroyed_total", "orleans_scheduler_long_running_turns_total", "orleans_messaging_sent_dropped_total",
        "orleans_messaging_sent_failed_total", "orleans_messaging_rejected_total", "orleans_messaging_rerouted_total",
        "orleans_messaging_expired_total", "orleans_messaging_pings_reply_missed_total",
        "orleans_storage_write_errors_total", "orleans_storage_read_errors_total",
    ];

    /// <summary>Values that only trouble brings, of labels that are always there.</summary>
    private static readonly string[] QuietValues = ["http_response_status_code=~\"5..\"", "outcome=~\"unavailable|error\""];

    [Fact]
    public async Task dashboards_and_alerts_ask_for_nothing_that_a_shop_does_not_tell()
    {
        await TradeAsync();
        await using var prometheus = await PrometheusServer.StartAsync(
            ("soonshop-silo", shop.Shop.SiloHttp.Port), ("soonshop-api", shop.Api.Http.BaseAddress!.Port));
        IReadOnlyList<JsonNode> rules = [];
        await Until.TrueAsync("every rule was evaluated", Limit, async () =>
            (rules = await prometheus.RulesAsync()).All(r => r["health"]!.GetValue<string>() != "unknown"));
        Assert.All(rules, r => Assert.Equal(("ok", null), (r["health"]!.GetValue<string>(), r["lastError"]?.GetValue<string>())));

        var dashboards = Directory.GetFiles(Dashboards, "*.json").SelectMany(PromQl.OfDashboard);
        string[] expressions = [.. dashboards.Concat(rules.Select(r => r["query"]!.GetValue<string>())).Distinct()];
        Assert.True(expressions.Length > 100, "the dashboards were not read");

        string[] selectors = [.. expressions.SelectMany(PromQl.SelectorsOf).Distinct().Where(s => !IsQuiet(s))];
        Assert.True(selectors.Length > 100, "the expressions were not understood");
        await AnswersAsync(prometheus, [.. selectors.Select(s => $"count({AnyValue(s)})")]);
        // A label that no series has would lump all together, and nobody would see it.
        var labels = expressions.SelectMany(PromQl.LabelsOf).Where(l => l.Selectors.Length > 0 && !l.Selectors.Any(IsQuiet)).ToList();
        Assert.True(labels.Count > 50, "the groupings were not understood");
        await AnswersAsync(prometheus, [
            .. labels.Select(l => $"count({string.Join(" or ", l.Selectors.Select(s => PromQl.With(AnyValue(s), l.Label)))})").Distinct()]);
        // What alerts ask is answered in trouble only.
        var alerts = rules.Where(r => r["type"]!.GetValue<string>() == "alerting").Select(r => r["query"]!.GetValue<string>()).ToHashSet();
        await AnswersAsync(
            prometheus, [.. expressions.Where(
                e => !alerts.Contains(e) && !PromQl.SelectorsOf(e).Any(s => IsQuiet(s) || AnyValue(s) != s))]);
        // The others must at least be such as Prometheus understands.
        await UnansweredAsync(prometheus, expressions);
    }

    [Fact]
    public void legends_name_labels_that_their_queries_keep()
    {
        var legends = Directory.GetFiles(Dashboards, "*.json").SelectMany(PromQl.LegendsOf)
            .Where(l => l.Legend.Contains("{{", StringComparison.Ordinal) && l.Expression.Contains(" by (", StringComparison.Ordinal))
            .ToList();
        Assert.True(legends.Count > 30, "the dashboards were not read");
        Assert.All(legends, l =>
            Assert.All(PromQl.LabelsOfLegend(l.Legend), label => Assert.Matches($@"\bby \([^)]*\b{label}\b[^)]*\)", l.Expression)));
    }

    [Fact]
    public void every_metric_that_is_asked_for_is_explained()
    {
        var explained = MetricName().Matches(File.ReadAllText(Path.Combine(Repository.Root, "deploy", "METRICS.md"))).Select(m => m.Value);
        var asked = Directory.GetFiles(Dashboards, "*.json")
            .SelectMany(PromQl.OfDashboard).Append(File.ReadAllText(PrometheusServer.Deployed("alerts.yml")))
            .SelectMany(e => MetricName().Matches(e)).Select(m => HistogramPart().Replace(m.Value, "")).Distinct().ToList();
        Assert.True(asked.Count > 50, "the dashboards were not read");
        Assert.Empty(asked.Except(explained));
    }

    [Fact]
    public void what_a_healthy_shop_does_not_tell_is_in_its_code()
    {
        string[] instruments =
        [
            .. from project in (string[])["Grains", "Orleans.PostgreSql", "Silo", "ApiFrontend", "ServiceDefaults"]
               from file in Directory.EnumerateFiles(Path.Combine(Repository.Root, project), "*.cs", SearchOption.AllDirectories)
               from part in File.ReadAllText(file).Split('"')
               where part.StartsWith("soonshop.", StringComparison.Ordinal)
               select part.Replace('.', '_'),
        ];
        Assert.All(Quiet.Where(q => q.StartsWith("soonshop_", StringComparison.Ordinal)), q =>
            Assert.Contains(instruments, i => q == i || q.StartsWith(i + '_', StringComparison.Ordinal)));
    }

    private static bool IsQuiet(string selector) =>
        PromQl.MetricOf(selector) is var metric
        && (metric.Length == 0 || Quiet.Any(q => metric == q || (q.EndsWith('_') && metric.StartsWith(q, StringComparison.Ordinal))));

    private static string AnyValue(string selector) =>
        QuietValues.Aggregate(selector, (s, quiet) => s.Replace(quiet, quiet.Split('=')[0] + "!=\"\"", StringComparison.Ordinal));

    /// <summary>Waits for answers: some figures come a while after the first scrape, and rates need two.</summary>
    private static async Task AnswersAsync(PrometheusServer prometheus, string[] expressions)
    {
        var rest = expressions;
        try
        {
            await Until.TrueAsync(
                "Prometheus has an answer", Limit, async () => (rest = await UnansweredAsync(prometheus, rest)).Length == 0);
        }
        catch (TimeoutException)
        {
            Assert.Fail($"The shop tells nothing of\n{string.Join('\n', rest)}");
        }
    }

    /// <summary>Those for which Prometheus has no answer. Throws for what it cannot read.</summary>
    private static async Task<string[]> UnansweredAsync(PrometheusServer prometheus, string[] expressions)
    {
        var unanswered = new List<string>();
        foreach (var expression in expressions)
        {
            if ((await prometheus.QueryAsync(expression)).Count == 0)
                unanswered.Add(expression);
        }
        return [.. unanswered];
    }

    /// <summary>
    /// Something of everything that a day brings: buyers, one whose parcel leaves, one whose card is declined, one who comes too late, one
    /// who changes their mind.
    /// </summary>
    private async Task TradeAsync()
    {
        var sku = await shop.Admin.CreateProductAsync(stock: 3);
        await shop.Admin.PutAsync($"/inventory/{sku}", new { lowStockThreshold = 2 });
        var customer = await shop.Api.AsNewCustomerAsync();
        await customer.FillCartAsync(sku);
        var bought = await customer.OrderAsync();
        Assert.Equal(201, (int)bought.Status);
        Assert.Equal(200, (int)(await shop.Admin.PostAsync(
            $"/admin/orders/{bought.Text("id")}/ship", new { carrier = "Turtle Post", trackingNumber = "TP-1" })).Status);
        var guest = await shop.Api.AsGuestAsync();
        await guest.FillCartAsync(sku);
        Assert.Equal(402, (int)(await guest.OrderAsync(paymentMethod: "pm_card_visa_chargeDeclined")).Status);
        var late = await shop.Api.AsGuestAsync();
        await late.FillCartAsync(sku, 3);
        Assert.Equal(409, (int)(await late.OrderAsync()).Status);
        var fickle = await shop.Api.AsGuestAsync();
        await fickle.FillCartAsync(sku);
        var order = await fickle.OrderAsync();
        Assert.Equal(200, (int)(await fickle.PostAsync($"/orders/{order.Text("id")}/cancel")).Status);
        Assert.Equal(200, (int)(await shop.Api.GetAsync("/products?q=test")).Status);
    }

    [GeneratedRegex(@"\bsoonshop_[a-z_]+")]
    private static partial Regex MetricName();

    [GeneratedRegex("_(bucket|count|sum)$")]
    private static partial Regex HistogramPart();
}
