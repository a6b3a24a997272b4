using System.Diagnostics;
using StackExchange.Redis;

namespace SoonShop.Tests.Running;

/// <summary>A redis-server of the tests' own, which keeps everything in memory.</summary>
public sealed class RedisServer : IAsyncLifetime
{
    private Process process = null!;

    internal IConnectionMultiplexer Connection { get; private set; } = null!;

    /// <summary>The id of its process.</summary>
    internal int ProcessId => process.Id;

    public async ValueTask InitializeAsync()
    {
        var program = (await Repository.RunAsync(
            Path.Combine(Repository.Root, "deploy", "debian-package.sh"), "program", "redis-server", "redis-server", "redis-tools")).Trim();
        var port = TcpPort.Free();
        var password = $"{Guid.NewGuid():N}";
        string[] arguments =
        [
            "--port", $"{port}", "--requirepass", password, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--daemonize", "no",
        ];
        process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        process.OutputDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        var options = ConfigurationOptions.Parse($"127.0.0.1:{port},password={password}");
        options.AbortOnConnectFail = false;
        // A busy machine is no failure.
        options.SyncTimeout = options.AsyncTimeout = 60_000;
        Connection = await ConnectionMultiplexer.ConnectAsync(options);
        await Until.TrueAsync("redis-server answers", TimeSpan.FromSeconds(20), () => Task.FromResult(Connection.IsConnected));
    }

    public async ValueTask DisposeAsync()
    {
        await Connection.DisposeAsync();
        process.Kill();
        await process.WaitForExitAsync().EndsAsync("the Redis server", TimeSpan.FromMinutes(1));
        process.Dispose();
    }
}
