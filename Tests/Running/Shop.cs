using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using SoonShop.Aggregates;
using SoonShop.Silo.Payments;

namespace SoonShop.Tests.Running;

/// <summary>
/// A whole shop: a database of its own, silos and front ends. They run in the tests' process, which costs a tenth of the processor time,
/// or, where a test is about a process, each as one: its death, its signals and exit codes, its logs and metrics, its environment, its
/// limits.
/// </summary>
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
        ("Admission__InitialLimit", "500"), ("Admission__MinLimit", "500"), ("Admission__PasswordLimit", "50"),
        ("Admission__PasswordMaxWaitMilliseconds", "20000"),
    ];

    private readonly PostgresServer server;
    private readonly Dictionary<string, string?> settings;
    private readonly List<ShopProcess> processes = [];
    private readonly List<ShopHost> hosts = [];

    private Shop(PostgresServer server, string connectionString, Dictionary<string, string?> settings)
    {
        (this.server, ConnectionString, this.settings) = (server, connectionString, settings);
        Database = NpgsqlDataSource.Create(connectionString);
    }

    /// <summary>The shop's database.</summary>
    public string ConnectionString { get; }

    /// <summary>For looking into the database.</summary>
    public NpgsqlDataSource Database { get; }

    /// <summary>Where all its front ends store images.</summary>
    public string MediaDirectory { get; } = Path.Combine(Repository.TestData, $"media-{Guid.NewGuid():N}");

    /// <summary>The ports of the first silo, kept over restarts.</summary>
    public (int Silo, int Gateway) Ports { get; } = (TcpPort.Free(), TcpPort.Free());

    /// <summary>What is started as front end; another version's, say.</summary>
    public string FrontEndProgram { get; set; } = Repository.Program("ApiFrontend");

    /// <summary>What the first silo serves over HTTP; only where setting <c>Silo__HttpPort</c> says on which port.</summary>
    public Uri SiloHttp => new($"http://127.0.0.1:{settings["Silo__HttpPort"]}");

    /// <summary>Grains of the shop, by its silo in the tests' process.</summary>
    public IGrainFactory Grains => hosts.Select(h => h.Services.GetService<IGrainFactory>()).First(g => g is not null)!;

    /// <summary>The silo that was started last as a process.</summary>
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

    /// <summary>A silo and a front end in the tests' process, ready to sell.</summary>
    public static Task<(Shop Shop, ApiClient Api)> StartAsync(params (string Name, string Value)[] settings) =>
        StartAsync(settings, async shop =>
        {
            await shop.StartSiloAsync();
            return await shop.StartApiAsync();
        });

    /// <summary>A silo and a front end, each a process, ready to sell.</summary>
    public static Task<(Shop Shop, ApiClient Api)> StartProcessesAsync(params (string Name, string Value)[] settings) =>
        StartAsync(settings, async shop =>
        {
            await shop.StartSiloProcessAsync();
            return (await shop.StartApiProcessAsync()).Api;
        });

    private static async Task<(Shop Shop, ApiClient Api)> StartAsync(
        (string Name, string Value)[] settings, Func<Shop, Task<ApiClient>> start)
    {
        var shop = await CreateAsync(null, settings);
        try
        {
            return (shop, await start(shop));
        }
        catch
        {
            // Nobody else knows of what was started.
            await shop.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts a silo in the tests' process, on ports of its own; it takes calls.</summary>
    /// <param name="providers">Other payment providers than the shop's.</param>
    public async Task StartSiloAsync(PaymentProviders? providers = null)
    {
        var ports = (Silo: TcpPort.Free(), Gateway: TcpPort.Free());
        var environment = new Dictionary<string, string?>(SiloSettings(ports)) { ["DOTNET_ENVIRONMENT"] = EnvironmentName };
        hosts.Add(await ShopHost.StartSiloAsync($"silo {ports.Silo}", environment, providers));
    }

    /// <summary>Starts a silo as a process, on the first silo's ports, or on others, and waits until it takes calls.</summary>
    /// <param name="crashAt">A crash point to arm.</param>
    /// <param name="ports">Other ports than the first silo's.</param>
    /// <param name="program">Another program than this version's silo.</param>
    /// <param name="httpPort">With other ports: where it serves HTTP; 0 for not at all.</param>
    public async Task<ShopProcess> StartSiloProcessAsync(
        string? crashAt = null, (int Silo, int Gateway)? ports = null, string? program = null, int httpPort = 0)
    {
        var (siloPort, gatewayPort) = ports ?? Ports;
        // Each port more could be taken by somebody else.
        var http = ports is null ? settings.GetValueOrDefault("Silo__HttpPort", "0") : $"{httpPort}";
        var silo = ShopProcess.Start(program ?? Repository.Program("Silo"), $"silo {siloPort}", new(SiloSettings((siloPort, gatewayPort)))
        {
            ["DOTNET_ENVIRONMENT"] = EnvironmentName,
            ["Silo__HttpPort"] = http,
            [CrashPoint.Variable] = crashAt is null ? settings.GetValueOrDefault(CrashPoint.Variable) : await ArmAsync(crashAt),
        });
        processes.Add(silo);
        await Until.TrueAsync($"{silo.Name} takes calls", StartLimit, () => silo.HasExited
            ? throw new InvalidOperationException($"{silo.Name} ended with {silo.ExitCode}:\n{silo.Log}")
            : IsOpenAsync(gatewayPort));
        return silo;
    }

    private string EnvironmentName => settings.GetValueOrDefault("DOTNET_ENVIRONMENT") ?? "Production";

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

    /// <summary>Starts a front end in the tests' process, on a free port unless one is named, and waits until it is ready.</summary>
    /// <param name="wantedPort">The port; a free one by default.</param>
    /// <param name="own">Settings of this front end alone; null takes one of the shop's away.</param>
    public async Task<ApiClient> StartApiAsync(int? wantedPort = null, params (string Name, string? Value)[] own)
    {
        var port = wantedPort ?? TcpPort.Free();
        hosts.Add(await ShopHost.StartApiAsync($"api {port}", ApiSettings(port, own)));
        return await ReadyAsync($"api {port}", port, () => { });
    }

    /// <summary>
    /// Starts a front end as a process, on a free port unless one is named, and waits until it is ready; answers the process too.
    /// </summary>
    /// <param name="wantedPort">The port; a free one by default.</param>
    /// <param name="own">Settings of this front end alone; null takes one of the shop's away.</param>
    public async Task<(ApiClient Api, ShopProcess Process)> StartApiProcessAsync(
        int? wantedPort = null, params (string Name, string? Value)[] own)
    {
        var port = wantedPort ?? TcpPort.Free();
        var api = ShopProcess.Start(FrontEndProgram, $"api {port}", ApiSettings(port, own));
        processes.Add(api);
        var client = await ReadyAsync(api.Name, port, () =>
        {
            if (api.HasExited)
                throw new InvalidOperationException($"{api.Name} ended with {api.ExitCode}:\n{api.Log}");
        });
        return (client, api);
    }

    private Dictionary<string, string?> ApiSettings(int port, (string Name, string? Value)[] own)
    {
        var environment = HighLimits.ToDictionary(s => s.Name, s => (string?)s.Value);
        environment["Auth__Keys"] = TestKey.OfShops.Setting;
        (environment["Media__Store"], environment["Media__Directory"]) = ("Directory", MediaDirectory);
        foreach (var (name, value) in settings.Select(s => (s.Key, s.Value)).Concat(own))
            environment[name] = value;
        environment["DOTNET_ENVIRONMENT"] = EnvironmentName;
        environment["ConnectionStrings__soonshop"] = ConnectionString;
        environment["ASPNETCORE_URLS"] = $"http://127.0.0.1:{port}";
        return environment;
    }

    private async Task<ApiClient> ReadyAsync(string name, int port, Action check)
    {
        var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}"), Timeout = TimeSpan.FromSeconds(60) };
        var client = new ApiClient(http) { Shop = this };
        await Until.TrueAsync($"{name} is ready", StartLimit, async () =>
        {
            check();
            try
            {
                return (int)(await client.GetAsync("//health/ready")).Status == 200;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        });
        return client;
    }

    /// <summary>Waits until there is a confirmed account with an e-mail address.</summary>
    public Task HasAccountAsync(string email) => Until.TrueAsync($"the account {email} exists", StartLimit, () => QueryAsync<bool>(
        """
        select exists (select from grain_state where state_name = 'email' and grain_key = 'email/' || $1
          and convert_from(state, 'UTF8')::jsonb #>> '{state,confirmed}' = 'true')
        """, email));

    /// <summary>Asks the database; the first column of the first row.</summary>
    public async Task<T> QueryAsync<T>(string sql, params object[] values)
    {
        await using var command = Database.CreateCommand(sql);
        foreach (var value in values)
            command.Parameters.Add(new() { Value = value });
        return (T)(await command.ExecuteScalarAsync() ?? throw new InvalidOperationException($"Nothing answers {sql}"));
    }

    /// <summary>What silos and front ends wrote, for messages.</summary>
    public string Logs =>
        string.Join("\n", [.. processes.Select(p => $"---- {p.Name}\n{p.Log}"), .. hosts.Select(h => $"---- {h.Name}\n{h.Log}")]);

    /// <summary>The end of what each wrote, and how it ended if it did.</summary>
    public string LastLogs => string.Join("\n",
    [
        .. processes.Select(p => $"---- {p.Name}, {(p.HasExited ? $"ended with {p.ExitCode}" : "running")}\n{LastLines(p.Log)}"),
        .. hosts.Select(h => $"---- {h.Name}\n{LastLines(h.Log)}"),
    ]);

    public async ValueTask DisposeAsync()
    {
        foreach (var process in processes)
            await process.DisposeAsync();
        // Front ends leave before their silos.
        foreach (var host in Enumerable.Reverse(hosts))
            await host.DisposeAsync();
        if (Directory.Exists(MediaDirectory))
            Directory.Delete(MediaDirectory, recursive: true);
        await Database.DisposeAsync();
        await server.DropDatabaseAsync(ConnectionString);
    }

    private static string LastLines(string log) => string.Join('\n', log.Split('\n').TakeLast(40));

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
