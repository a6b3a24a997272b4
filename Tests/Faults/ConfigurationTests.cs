using SoonShop.Tests.Running;

namespace SoonShop.Tests.Faults;

public sealed class ConfigurationTests
{
    [Fact]
    public async Task a_silo_names_all_that_is_wrong_with_its_configuration_at_once()
    {
        var (code, output, error) = await RunAsync("Silo", [], new()
        {
            ["ConnectionStrings__soonshop"] = null,
            ["Silo__SiloPort"] = "70000",
            ["Silo__GatewayPort"] = "gateway",
            ["Silo__HttpPort"] = "-1",
            ["Silo__HttpAddress"] = "silo.example",
            ["Telemetry__OtlpEndpoint"] = "collector:4317",
            ["Telemetry__TraceRatio"] = "2",
            ["Telemetry__LogFormat"] = "Xml",
            ["Telemetry__DatabaseCapacityGigabytes"] = "-1",
            ["Storage__Provider"] = "Files",
            ["Storage__MaxBatchSize"] = "0",
            ["Checkout__Currency"] = "dollars",
            ["Checkout__CheckoutDueSeconds"] = "0",
            ["Accounts__AdminEmail"] = Shop.AdminEmail,
            ["Accounts__AdminPassword"] = "short",
            ["Notifications__PublicUrl"] = "shop.example",
            ["Notifications__Email__Mode"] = "Smtp",
            ["Notifications__Email__Smtp__Port"] = "0",
            ["Notifications__Webhooks__TimeoutSeconds"] = "60",
            ["Notifications__TemplateFolder"] = "/nonsense",
            ["Payments__Provider"] = "Stripe",
            ["Payments__Capture"] = "Sometimes",
            ["Payments__Reconciliation__IntervalSeconds"] = "0",
            ["Payments__Stripe__ApiBase"] = "http://stripe.example",
            ["Payments__Stripe__Retries"] = "sk_live_51PlantedKey0123456789",
            ["Events__AttemptSeconds"] = "20",
            ["Events__FailureRecord"] = "Redis",
            ["Events__Policies__mail__Handler"] = "nobody",
            ["Dashboard__SessionMinutes"] = "0",
        });
        Assert.Equal(78, code);
        Assert.Empty(output);
        Assert.DoesNotContain("51PlantedKey", error, StringComparison.Ordinal);
        AssertOneMessage(error, 30, "Dashboard__SessionMinutes",
            "Payments__Capture", "Payments__Reconciliation__IntervalSeconds", "Payments__Stripe__ApiKey",
            "Payments__Stripe__WebhookSecrets__0", "Payments__Stripe__ApiBase", "Events__AttemptSeconds", "Events__Redis",
            "Events:Policies:mail:Handler", "Silo__HttpPort", "Silo__HttpAddress", "Telemetry__OtlpEndpoint", "Telemetry__TraceRatio",
            "Telemetry__LogFormat", "Telemetry__DatabaseCapacityGigabytes", "ConnectionStrings__soonshop", "Silo__SiloPort",
            "Silo__GatewayPort", "Storage__Provider", "Storage__MaxBatchSize", "Checkout__Currency", "Checkout__CheckoutDueSeconds",
            "Accounts__AdminPassword", "Notifications__PublicUrl", "Notifications__Email__Smtp__Host", "Notifications__Email__Smtp__Port",
            "Notifications__Email__From", "Notifications__Webhooks__TimeoutSeconds", "Notifications__TemplateFolder");
    }

    [Fact]
    public async Task what_an_attempt_waits_for_must_end_before_the_attempt()
    {
        var (code, _, error) = await RunAsync("Silo", [], new()
        {
            ["ConnectionStrings__soonshop"] = "Host=127.0.0.1;Database=soonshop",
            ["Payments__Provider"] = "Simulated",
            ["Notifications__Webhooks__TimeoutSeconds"] = "3",
            ["Events__AttemptSeconds"] = "3",
        });
        Assert.Equal(78, code);
        AssertOneMessage(error, 1, "Notifications__Webhooks__TimeoutSeconds", "Events__AttemptSeconds");
    }

    [Fact]
    public async Task a_silo_that_is_to_use_stripe_needs_a_key_and_a_webhook_secret()
    {
        var (code, output, error) = await RunAsync("Silo", [], new()
        {
            ["ConnectionStrings__soonshop"] = "Host=127.0.0.1;Database=soonshop",
            ["Payments__Provider"] = "Stripe",
        });
        Assert.Equal(78, code);
        Assert.Empty(output);
        AssertOneMessage(error, 2, "Payments__Stripe__ApiKey", "Payments__Stripe__WebhookSecrets__0");
    }

    [Theory]
    [InlineData("Production")]
    [InlineData("Staging")]
    [InlineData(null)]
    public async Task outside_development_a_silo_refuses_published_secrets_and_payments_that_nobody_named_in_one_message(string? name)
    {
        var (code, output, error) = await RunAsync("Silo", [], new()
        {
            ["ConnectionStrings__soonshop"] = "Host=database.example;Database=soonshop;Username=soonshop;Password=soonshop",
            ["Accounts__AdminEmail"] = Shop.AdminEmail,
            ["Accounts__AdminPassword"] = "Admin-Pa55word",
            ["Accounts__DemoEmail"] = "buyer@soonshop.test",
            ["Accounts__DemoPassword"] = "Buyer-Pa55word",
            ["Payments__Provider"] = null,
            ["Payments__Stripe__ApiKey"] = "sk_test_SoonShopStripeTestServer",
            ["Silo__SiloPort"] = "70000",
        }, name);
        Assert.Equal(78, code);
        Assert.Empty(output);
        AssertOneMessage(
            error, 6, "Accounts__AdminPassword", "Accounts__DemoPassword", "Payments__Provider", "Payments__Stripe__ApiKey",
            "ConnectionStrings__soonshop", "Silo__SiloPort");
        Assert.DoesNotContain("Pa55word", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Silo__AdvertisedIP", "10.1.2.3")]
    [InlineData("Silo__ListenOnAnyAddress", "true")]
    public async Task outside_development_a_silo_that_others_reach_does_not_start_without_certificates(string name, string value)
    {
        var (code, output, error) = await RunAsync("Silo", [], new()
        {
            ["ConnectionStrings__soonshop"] = "Host=127.0.0.1;Database=soonshop",
            ["Payments__Provider"] = null,
            [name] = value,
        });
        Assert.Equal(78, code);
        Assert.Empty(output);
        AssertOneMessage(
            error, 2, "ClusterTls__CertificatePath", "ClusterTls__KeyPath", "ClusterTls__AuthorityPath", "ClusterTls__AllowPlainText",
            "Payments__Provider");
    }

    [Fact]
    public async Task a_front_end_refuses_a_folder_without_keys()
    {
        var folder = Directory.CreateTempSubdirectory("soonshop-keys-").FullName;
        try
        {
            var (code, _, error) = await RunAsync("ApiFrontend", [], new()
            {
                ["ConnectionStrings__soonshop"] = "Host=127.0.0.1;Database=soonshop",
                ["Auth__KeyFile"] = folder,
                ["Cluster__CallTimeoutSeconds"] = "0",
            });
            Assert.Equal(78, code);
            AssertOneMessage(error, 2, folder, "Auth__KeyFile", "an empty one", "Cluster__CallTimeoutSeconds");
        }
        finally
        {
            Directory.Delete(folder);
        }
    }

    [Fact]
    public async Task a_front_end_names_all_that_is_wrong_with_its_configuration_at_once()
    {
        var (code, output, error) = await RunAsync("ApiFrontend", [], new()
        {
            ["ConnectionStrings__soonshop"] = "Host=;Port=nonsense",
            ["Auth__Keys"] = "c2hvcnQ=",
            ["Auth__AccessTokenMinutes"] = "forever",
            ["Http__MaxRequestBytes"] = "1",
            ["Cluster__CallTimeoutSeconds"] = "0",
            ["Admission__MinLimit"] = "0",
            ["Telemetry__MetricsPort"] = "70000",
            ["Telemetry__FiguresSeconds"] = "0",
        });
        Assert.Equal(78, code);
        Assert.Empty(output);
        AssertOneMessage(
            error, 8, "Telemetry__MetricsPort", "Telemetry__FiguresSeconds", "ConnectionStrings__soonshop", "Auth:Keys",
            "Auth__AccessTokenMinutes", "Http__MaxRequestBytes", "Cluster__CallTimeoutSeconds", "Admission__MinLimit");
    }

    [Fact]
    public async Task a_front_end_names_what_is_wrong_at_its_edge()
    {
        var (code, output, error) = await RunAsync("ApiFrontend", [], new()
        {
            ["Http__TrustedProxies__0"] = "proxy.example",
            ["Http__MaxHeaders"] = "1",
            ["Cors__AllowedOrigins__0"] = "*",
            ["Cors__AllowCredentials"] = "true",
            ["RateLimits__Login__Requests"] = "many",
            ["RateLimits__Reads__WindowSeconds"] = "0",
            ["Kestrel__Certificates__Default__Path"] = "/nonsense.pem",
            ["ASPNETCORE_FORWARDEDHEADERS_ENABLED"] = "true",
        });
        Assert.Equal(78, code);
        Assert.Empty(output);
        Assert.All(
            (string[])["Http__TrustedProxies__0", "Http__MaxHeaders", "Cors__AllowCredentials", "RateLimits__Login",
                "RateLimits__Reads__WindowSeconds", "Kestrel__Certificates__Default__Path",
                "ASPNETCORE_FORWARDEDHEADERS_ENABLED"],
            variable => Assert.Contains(variable, error, StringComparison.Ordinal));
    }

    [Fact]
    public async Task a_front_end_without_any_configuration_says_what_to_set()
    {
        var (code, _, error) = await RunAsync(
            "ApiFrontend", [], new() { ["ConnectionStrings__soonshop"] = null, ["Auth__Keys"] = null, ["Auth__KeyFile"] = null });
        Assert.Equal(78, code);
        AssertOneMessage(error, 2, "ConnectionStrings__soonshop", "Auth__KeyFile", "Auth__Keys");
    }

    [Fact]
    public async Task a_front_end_makes_a_key_that_a_front_end_takes()
    {
        var (code, key, error) = await RunAsync("ApiFrontend", ["new-key"], []);
        Assert.True(code == 0, error);
        Assert.Equal("ES256", SoonShop.ApiFrontend.Users.KeySet.Parse(key).Signing.Algorithm);
        var (wrong, _, usage) = await RunAsync("ApiFrontend", ["nonsense"], []);
        Assert.Equal(64, wrong);
        Assert.Contains("Usage: ApiFrontend", usage, StringComparison.Ordinal);
    }

    [Fact]
    public async Task an_unknown_command_is_answered_with_the_usage()
    {
        var (code, output, error) = await RunAsync("Silo", ["nonsense"], []);
        Assert.Equal(64, code);
        Assert.Empty(output);
        Assert.Contains("nonsense", error, StringComparison.Ordinal);
        Assert.Contains("Usage: Silo", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task migrations_can_run_again_and_side_by_side()
    {
        await using var shop = await Shop.CreateEmptyAsync();
        var environment = new Dictionary<string, string?> { ["ConnectionStrings__soonshop"] = shop.ConnectionString };
        var together = await Task.WhenAll(RunAsync("Silo", ["migrate"], environment), RunAsync("Silo", ["migrate"], environment));
        Assert.All(together, r => Assert.True(r.Code == 0, r.Error));
        var applied = await shop.QueryAsync<long>("select count(*) from schema_version");
        Assert.True(applied > 0);
        var (code, _, error) = await RunAsync("Silo", ["migrate"], environment);
        Assert.True(code == 0, error);
        Assert.Equal(applied, await shop.QueryAsync<long>("select count(*) from schema_version"));
    }

    [Theory]
    [InlineData("127.0.0.1", "run")]
    [InlineData("127.0.0.1", "migrate")]
    [InlineData("no-such-host.invalid", "migrate")]
    public async Task an_unreachable_database_is_named_by_host_and_port(string host, string command)
    {
        var port = TcpPort.Free();
        var (code, _, error) = await RunAsync("Silo", [command], new()
        {
            ["ConnectionStrings__soonshop"] = $"Host={host};Port={port};Database=soonshop;Username=soonshop;Password=secret-word",
            ["Silo__AwaitDatabaseSeconds"] = "1",
            ["Payments__Provider"] = "Simulated",
        });
        Assert.Equal(69, code);
        Assert.Contains($"{host}:{port}", error, StringComparison.Ordinal);
        Assert.DoesNotContain("secret-word", error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_wrong_password_for_the_database_is_told_plainly()
    {
        await using var shop = await Shop.CreateEmptyAsync();
        var connection = new Npgsql.NpgsqlConnectionStringBuilder(shop.ConnectionString) { Password = "secret-word" };
        var (code, _, error) = await RunAsync("Silo", ["migrate"], new() { ["ConnectionStrings__soonshop"] = connection.ConnectionString });
        Assert.Equal(69, code);
        Assert.Contains($"{connection.Host}:{connection.Port}", error, StringComparison.Ordinal);
        Assert.DoesNotContain("secret-word", error, StringComparison.Ordinal);
    }

    private static void AssertOneMessage(string error, int problems, params string[] variables)
    {
        Assert.Contains($"has {problems} problem(s)", error, StringComparison.Ordinal);
        Assert.Equal(problems + 1, error.Trim().Split('\n').Length);
        Assert.All(variables, v => Assert.Contains(v, error, StringComparison.Ordinal));
    }

    private static Task<(int Code, string Output, string Error)> RunAsync(
        string project, string[] arguments, Dictionary<string, string?> environment, string? name = "Production") =>
        Repository.TryRunAsync("dotnet", [Repository.Program(project), .. arguments], new(environment) { ["DOTNET_ENVIRONMENT"] = name });
}
