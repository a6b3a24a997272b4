using Npgsql;
using SoonShop.Aggregates;

namespace SoonShop.Tests.Running;

/// <summary>A whole shop: a database of its own, silos and front ends, all real processes.</summary>
internal sealed class Shop : IAsyncDisposable
{
    public const string AdminEmail = "admin@soonshop.test";
    public const string AdminPassword = "Keeper-Of-Tests-1";
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(3);

    /// <summary>One machine is hundreds of customers here, and slow: limits are on, and out of reach.</summary>
    private static readonly (string Name, string Value)[] HighLimits =
    [
        .. from name in (string[])["Login", "Registration", "Recovery", "Mail", "Tokens"]
           from setting in ((string, string)[])[("Requests", "10000"), ("WindowSeconds", "1")]
           select ($"RateLimits__{name}__{setting.Item1}", setting.Item2),
        .. from name in (string[])["Checkout", "Writes", "Reads", "Admin", "Webhooks"] select ($"RateLimits__{name}__Requests", "1000000"),
        ("Admission__InitialLimit", "500"), ("Admission__MinLimit", "500"), ("Admission__PasswordLimit", "50"), ("Admission__PasswordMaxWaitMilliseconds", "20000"),
    ];

    private readonly PostgresServer server;
    private readonly Dictionary<string, string?> settings;
    private readonly List<ShopProcess> processes = [];

    private Shop(PostgresServer server, string connectionString, Dictionary<string, string?> settings)
    {
        (this.server, ConnectionString, this.settings) = (server, connectionString, settings);
        Database = NpgsqlDataSource.Create(connectionString);
    }

    /// <summary>The shop's database.</summary>
    public string ConnectionString { get; }

    /// <summary>For looking into the database.</summary>
    public NpgsqlDataSource Database { get; }

    /// <summary>The ports of the first silo, kept over restarts.</summary>
    public (int Silo, int Gateway) Ports { get; } = (TcpPort.Free(), TcpPort.Free());

    /// <summary>What is started as front end; another version's, say.</summary>
    public string FrontEndProgram { get; set; } = Repository.Program("ApiFrontend");

    /// <summary>What the first silo serves over HTTP; only where setting <c>Silo__HttpPort</c> says on which port.</summary>
    public Uri SiloHttp => new($"http://127.0.0.1:{settings["Silo__HttpPort"]}");

    /// <summary>The silo that was started last.</summary>
    public ShopProcess Silo => processes.Last(p => p.Name.StartsWith("silo", StringComparison.Ordinal));

    /// <summary>Makes a database with the shop's schema; starts nothing yet.</summary>
    public static async Task<Shop> CreateAsync(PostgresServer? server = null, params (string Name, string Value)[] settings)
    {
        server ??= await PostgresServer.SharedAsync();
        return new Shop(server, await server.CreateShopDatabaseAsync(), settings.ToDictionary(s => s.Name, s => (string?)s.Value));
    }

    /// <summary>Makes an empty database, into which the first silo or a test brings the schema; starts nothing yet.</summary>
    public static async Task<Shop> CreateEmptyAsync(PostgresServer? server = null, params (string Name, string Value)[] settings)
    {
        server ??= await PostgresServer.SharedAsync();
        return new Shop(server, await server.CreateDatabaseAsync(), settings.ToDictionary(s => s.Name, s => (string?)s.Value));
    }

    /// <summary>A silo and a front end, ready to sell.</summary>
    public static async Task<(Shop Shop, ApiClient Api)> StartAsync(params (string Name, string Value)[] settings)
    {
        var shop = await CreateAsync(null, settings);
        try
        {
            await shop.StartSiloAsync();
            return (shop, await shop.StartApiAsync());
        }
        catch
        {
            // Nobody else knows of what was started.
            await shop.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts a silo on the first silo's ports, or on others, and waits until it takes calls.</summary>
    /// <param name="crashAt">A crash point to arm.</param>
    /// <param name="ports">Other ports than the first silo's.</param>
    /// <param name="program">Another program than this version's silo.</param>
    /// <param name="httpPort">With other ports: where it serves HTTP; 0 for not at all.</param>
    public async Task<ShopProcess> StartSiloAsync(string? crashAt = null, (int Silo, int Gateway)? ports = null, string? program = null, int httpPort = 0)
    {
        var (siloPort, gatewayPort) = ports ?? Ports;
        // Each port more could be taken by somebody else.
        var http = ports is null ? settings.GetValueOrDefault("Silo__HttpPort", "0") : $"{httpPort}";
        var silo = ShopProcess.Start(program ?? Repository.Program("Silo"), $"silo {siloPort}", new(SiloSettings((siloPort, gatewayPort)))
        {
            ["DOTNET_ENVIRONMENT"] = settings.GetValueOrDefault("DOTNET_ENVIRONMENT", "Production"),
            ["Silo__HttpPort"] = http,
            [CrashPoint.Variable] = crashAt is null ? settings.GetValueOrDefault(CrashPoint.Variable) : await ArmAsync(crashAt),
        });
        processes.Add(silo);
        await Until.TrueAsync($"{silo.Name} takes calls", StartLimit, () => silo.HasExited
            ? throw new InvalidOperationException($"{silo.Name} ended with {silo.ExitCode}:\n{silo.Log}")
            : IsOpenAsync(gatewayPort));
        return silo;
    }

    /// <summary>What a silo of this shop is told, as environment variables.</summary>
    public Dictionary<string, string?> SiloSettings((int Silo, int Gateway) ports) => new(settings)
    {
        ["ConnectionStrings__soonshop"] = ConnectionString,
        ["Silo__SiloPort"] = $"{ports.Silo}",
        ["Silo__GatewayPort"] = $"{ports.Gateway}",
        ["Accounts__AdminEmail"] = settings.GetValueOrDefault("Accounts__AdminEmail", AdminEmail),
        ["Accounts__AdminPassword"] = settings.GetValueOrDefault("Accounts__AdminPassword", AdminPassword),
        ["Payments__Provider"] = settings.GetValueOrDefault("Payments__Provider", "Simulated"),
        ["Accounts__PasswordHashIterations"] = settings.GetValueOrDefault("Accounts__PasswordHashIterations", "10000"),
        ["Accounts__LogMailedTokens"] = "true",
        // Tests deliver to every country.
        ["Checkout__TaxBasisPointsRestOfWorld"] = settings.GetValueOrDefault("Checkout__TaxBasisPointsRestOfWorld", "0"),
        // Most tests' guests share an address.
        ["Notifications__Email__GuestMailsPerHour"] = settings.GetValueOrDefault("Notifications__Email__GuestMailsPerHour", "0"),
        ["Notifications__Webhooks__AllowPrivateAddresses"] = "true",
    };

    /// <summary>Changes a setting of the processes that start from now on; null takes it away.</summary>
    public void Set(string name, string? value) => settings[name] = value;

    private static async Task<string> ArmAsync(string point)
    {
        var file = Path.Combine(Repository.TestData, $"crash-{Guid.NewGuid():N}");
        await File.WriteAllTextAsync(file, point);
        return file;
    }

    /// <summary>Starts a front end and waits until it is ready.</summary>
    public async Task<ApiClient> StartApiAsync(int? port = null) => (await StartApiProcessAsync(port)).Api;

    /// <summary>Starts a front end, on a free port unless one is named, and waits until it is ready; answers the process too.</summary>
    /// <param name="wantedPort">The port; a free one by default.</param>
    /// <param name="own">Settings of this front end alone; null takes one of the shop's away.</param>
    public async Task<(ApiClient Api, ShopProcess Process)> StartApiProcessAsync(int? wantedPort = null, params (string Name, string? Value)[] own)
    {
        var port = wantedPort ?? TcpPort.Free();
        var environment = HighLimits.ToDictionary(s => s.Name, s => (string?)s.Value);
        environment["Auth__Keys"] = TestKey.OfShops.Setting;
        foreach (var (name, value) in settings.Select(s => (s.Key, s.Value)).Concat(own))
            environment[name] = value;
        var api = ShopProcess.Start(FrontEndProgram, $"api {port}", new(environment)
        {
            ["DOTNET_ENVIRONMENT"] = settings.GetValueOrDefault("DOTNET_ENVIRONMENT", "Production"),
            ["ConnectionStrings__soonshop"] = ConnectionString,
            ["ASPNETCORE_URLS"] = $"http://127.0.0.1:{port}",
        });
        processes.Add(api);
        var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}"), Timeout = TimeSpan.FromSeconds(60) };
        var client = new ApiClient(http);
        await Until.TrueAsync($"{api.Name} is ready", StartLimit, async () =>
        {
            if (api.HasExited)
                throw new InvalidOperationException($"{api.Name} ended with {api.ExitCode}:\n{api.Log}");
            try
            {
                return (int)(await client.GetAsync("//health/ready")).Status == 200;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        });
        return (client, api);
    }

    /// <summary>Asks the database; the first column of the first row.</summary>
    public async Task<T> QueryAsync<T>(string sql, params object[] values)
    {
        await using var command = Database.CreateCommand(sql);
        foreach (var value in values)
            command.Parameters.Add(new() { Value = value });
        return (T)(await command.ExecuteScalarAsync() ?? throw new InvalidOperationException($"Nothing answers {sql}"));
    }

    /// <summary>What the processes wrote, for messages.</summary>
    public string Logs => string.Join("\n", processes.Select(p => $"---- {p.Name}\n{p.Log}"));

    /// <summary>The end of what each process wrote, and how it ended if it did.</summary>
    public string LastLogs => string.Join("\n", processes.Select(p =>
        $"---- {p.Name}, {(p.HasExited ? $"ended with {p.ExitCode}" : "running")}\n{string.Join('\n', p.Log.Split('\n').TakeLast(40))}"));

    public async ValueTask DisposeAsync()
    {
        foreach (var process in processes)
            await process.DisposeAsync();
        await Database.DisposeAsync();
        await server.DropDatabaseAsync(ConnectionString);
    }

    private static async Task<bool> IsOpenAsync(int port)
    {
        using var client = new System.Net.Sockets.TcpClient();
        try
        {
            await client.ConnectAsync("127.0.0.1", port);
            return true;
        }
        catch (System.Net.Sockets.SocketException)
        {
            return false;
        }
    }
}
