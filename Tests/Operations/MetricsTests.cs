using System.Text.RegularExpressions;
using SoonShop.ServiceDefaults.Telemetry;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Operations;

/// <summary>What Prometheus is told by a running shop.</summary>
[Collection(nameof(RunningShop))]
public sealed partial class MetricsTests(RunningShop shop)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    /// <summary>What alerts and dashboards count on from a silo's start on, also before it first happens.</summary>
    private static readonly string[] AlwaysThere =
    [
        "soonshop_orders_total", "soonshop_payments_total", "soonshop_carts_total", "soonshop_registrations_total", "soonshop_logins_total",
        "soonshop_inventory_refusals_total", "soonshop_inventory_crossings_total", "soonshop_storage_writes_total",
        "soonshop_storage_conflicts_total", "soonshop_storage_failures_total", "soonshop_storage_queue_depth", "soonshop_active_users",
        "soonshop_inventory_items", "soonshop_inventory_available_units", "soonshop_orders_unfinished",
        "soonshop_orders_unfinished_age_seconds", "soonshop_events_queue_depth", "soonshop_events_queue_lag_seconds",
        "soonshop_events_scheduled", "soonshop_events_retrying", "soonshop_events_dead_letters", "soonshop_figures_age_seconds",
        "soonshop_streams_pending", "soonshop_payments_provider_available", "soonshop_cluster_silos", "soonshop_cluster_silos_lost_total",
        "soonshop_database_up", "soonshop_database_size_bytes", "soonshop_database_connections", "soonshop_database_connections_max",
        "soonshop_database_transactions_total", "soonshop_database_blocks_total", "soonshop_database_deadlocks_total",
        "soonshop_database_temporary_bytes_total", "soonshop_database_rows_total", "soonshop_database_oldest_transaction_seconds",
        "soonshop_database_locks_waiting",
        "soonshop_database_table_bytes",
        "soonshop_database_table_dead_rows",
        "soonshop_database_wal_bytes_total",
        "soonshop_log_records_total",
        "process_start_time_seconds",
        "db_client_connection_count",
        "db_client_connection_max",
        "db_client_operation_duration_seconds_count",
        "dotnet_process_memory_working_set_bytes",
        "dotnet_process_cpu_time_seconds_total",
        "dotnet_gc_collections_total",
        "orleans_catalog_activations",
        "orleans_grains",
        "orleans_app_requests_latency_milliseconds_count",
        "orleans_gateway_connected_clients",
        "orleans_consistent_ring_size",
        "target_info",
    ];

    /// <summary>What a silo tells once somebody has bought something.</summary>
    private static readonly string[] ThereAfterAPurchase =
    [
        "soonshop_revenue_total", "soonshop_inventory_units_total", "soonshop_events_published_total", "soonshop_events_delivered_total",
        "soonshop_events_handler_time_milliseconds_bucket", "soonshop_events_lag_milliseconds_bucket", "soonshop_streams_read_total",
        "soonshop_streams_done_total", "soonshop_storage_batch_size_bucket", "soonshop_storage_batch_duration_seconds_bucket",
        "soonshop_payments_provider_duration_seconds_bucket", "orleans_storage_write_latency_milliseconds_bucket",
    ];

    private static readonly string[] OfAFrontEnd =
    [
        "soonshop_gateway_admitted_total", "soonshop_gateway_shed_total", "soonshop_gateway_limit", "soonshop_gateway_in_flight",
        "soonshop_gateway_calls_repeated_total", "soonshop_gateway_calls_lost_total", "soonshop_gateway_calls_rejected_total",
        "soonshop_gateway_breaker_open", "http_server_request_duration_seconds_bucket", "http_server_active_requests",
        "kestrel_active_connections", "orleans_client_connected_gateways", "db_client_connection_max", "soonshop_log_records_total",
        "process_start_time_seconds", "dotnet_process_memory_working_set_bytes", "target_info",
    ];

    private Uri Silo => shop.Shop.SiloHttp;

    private Uri Api => shop.Api.Http.BaseAddress!;

    [Fact]
    public async Task a_purchase_shows_in_the_metrics_of_both_processes()
    {
        await Until.TrueAsync("the silo has looked at the database", Limit, async () =>
            (await PrometheusText.ScrapeAsync(Silo)) is var now && AlwaysThere.All(name => now.Of(name).Any()));
        var before = await PrometheusText.ScrapeAsync(Silo);
        Assert.All(AlwaysThere, name => Assert.True(before.Of(name).Any(), $"{name} is not there"));
        var customer = await shop.Api.AsNewCustomerAsync();
        await customer.FillCartAsync(await shop.Admin.CreateProductAsync(stock: 1, price: 2500));
        var order = await customer.OrderAsync();
        Assert.Equal(201, (int)order.Status);

        var silo = before;
        await Until.TrueAsync("the order's events are handled and counted", Limit, async () =>
        {
            silo = await PrometheusText.ScrapeAsync(Silo);
            return ThereAfterAPurchase.All(name => silo.Of(name).Any())
                && silo.Of(
                    "soonshop_events_delivered_total", ("event_type", "order.confirmed"), ("handler", "notification"), ("domain", "order"))
                    .Any()
                && silo.Sum("soonshop_carts_total", ("change", "ordered")) > before.Sum("soonshop_carts_total", ("change", "ordered"))
                // A silo of another test may be leaving.
                && silo.Sum("soonshop_cluster_silos", ("status", "active")) == 1;
        });
        double More(string name, params (string, string)[] labels) => silo.Sum(name, labels) - before.Sum(name, labels);
        // Other tests buy, too.
        Assert.InRange(More("soonshop_orders_total", ("status", "placed")), 1, double.MaxValue);
        Assert.InRange(More("soonshop_orders_total", ("status", "confirmed")), 1, double.MaxValue);
        Assert.InRange(More("soonshop_revenue_total", ("currency", "USD")), order.Number("total.amount"), double.MaxValue);
        Assert.InRange(More("soonshop_payments_total", ("outcome", "succeeded")), 1, double.MaxValue);
        Assert.InRange(
            More("soonshop_payments_provider_duration_seconds_count", ("operation", "create"), ("outcome", "captured")), 1,
            double.MaxValue);
        Assert.InRange(More("soonshop_carts_total", ("change", "filled")), 1, double.MaxValue);
        Assert.InRange(More("soonshop_registrations_total"), 1, double.MaxValue);
        Assert.InRange(More("soonshop_inventory_units_total", ("movement", "reservation")), 1, double.MaxValue);
        Assert.InRange(More("soonshop_inventory_units_total", ("movement", "received")), 1, double.MaxValue);
        Assert.InRange(More("soonshop_inventory_crossings_total", ("to", "out")), 1, double.MaxValue);
        Assert.InRange(More("soonshop_storage_writes_total"), 1, double.MaxValue);
        Assert.Equal(1, silo.Sum("soonshop_database_up"));
        Assert.Equal("soonshop-silo", Assert.Single(silo.Of("db_client_connection_max")).Labels["db_client_connection_pool_name"]);
        Assert.Equal("soonshop-silo", silo.Of("target_info").Single().Labels["service_name"]);

        var api = await PrometheusText.ScrapeAsync(Api);
        Assert.All(OfAFrontEnd, name => Assert.True(api.Of(name).Any(), $"{name} is not there"));
        Assert.InRange(
            api.Sum("http_server_request_duration_seconds_count", ("http_request_method", "POST"), ("http_response_status_code", "201")), 1,
            double.MaxValue);
        // Who watches is not counted.
        Assert.DoesNotContain(api.Samples, s =>
            s.Name.StartsWith("http_server_request", StringComparison.Ordinal)
            && s.Labels.GetValueOrDefault("http_route", "").Contains("health", StringComparison.Ordinal));
    }

    [Fact]
    public async Task no_label_grows_with_customers_or_orders()
    {
        for (var i = 0; i < 3; i++)
        {
            var customer = await shop.Api.AsNewCustomerAsync();
            await customer.FillCartAsync(await shop.Admin.CreateProductAsync(stock: 1));
            var order = await customer.OrderAsync();
            await customer.GetAsync($"/orders/{order.Text("id")}");
            await shop.Api.GetAsync($"/no/such/{Guid.NewGuid()}");
        }
        foreach (var server in (Uri[])[Silo, Api])
        {
            var metrics = await PrometheusText.ScrapeAsync(server);
            Assert.All(metrics.Samples, s => Assert.All(
                s.Labels.Where(l => l.Key is not ("service_instance_id" or "service_version")),
                l => Assert.False(Unbounded().IsMatch(l.Value), $"{s.Name} has {l.Key}=\"{l.Value}\"")));
            Assert.All(
                metrics.Samples.Where(s => !s.Name.EndsWith("_bucket", StringComparison.Ordinal)).GroupBy(s => s.Name),
                series => Assert.True(series.Count() <= MetricViews.MaxSeries, $"{series.Key} has {series.Count()} series"));
            Assert.DoesNotContain(metrics.Samples, s => s.Labels.ContainsKey("otel_metric_overflow"));
            Assert.DoesNotContain(metrics.Samples, s => s.Labels.Keys.Any(l => l.StartsWith("otel_scope", StringComparison.Ordinal)));
            // Each route and each method of a grain has series of its own.
            Assert.True(metrics.Samples.Count < 20_000, $"{server} has {metrics.Samples.Count} samples");
        }
    }

    [Fact]
    public async Task strangers_find_no_metrics_at_the_api()
    {
        Assert.Equal(200, (int)(await shop.Api.GetAsync("//metrics")).Status);
        var reply = await shop.Api.SendAsync(HttpMethod.Get, "//metrics", more: ("X-Forwarded-For", "203.0.113.7"));
        Assert.Equal("not-found", reply.Code);
    }

    [Fact]
    public async Task a_silo_says_how_it_is()
    {
        using var http = new HttpClient { BaseAddress = Silo };
        Assert.Contains(
            "healthy", await http.GetStringAsync("/health/live", TestContext.Current.CancellationToken), StringComparison.Ordinal);
        var ready = "";
        await Until.TrueAsync("the silo is ready", Limit, async () =>
        {
            using var response = await http.GetAsync("/health/ready", TestContext.Current.CancellationToken);
            ready = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            return response.IsSuccessStatusCode;
        });
        Assert.Contains("\"cluster\":\"healthy\"", ready, StringComparison.Ordinal);
        Assert.Contains("\"database\":\"healthy\"", ready, StringComparison.Ordinal);
        using var nowhere = await http.GetAsync("/nowhere", TestContext.Current.CancellationToken);
        Assert.Equal(404, (int)nowhere.StatusCode);
    }

    /// <summary>Ids, e-mail addresses, IP addresses, and numbers that only one thing has.</summary>
    [GeneratedRegex(
        @"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}|@|\d+\.\d+\.\d+\.\d+:\d+|^T-", RegexOptions.IgnoreCase)]
    private static partial Regex Unbounded();
}
