using System.Diagnostics;
using System.Text.Json.Nodes;

namespace SoonShop.Tests.Running;

/// <summary>A Prometheus of Debian's package, which scrapes processes of a test each second and evaluates the shop's own rules.</summary>
internal sealed class PrometheusServer : IAsyncDisposable
{
    private readonly Process process;
    private readonly string folder;
    private readonly HttpClient http;

    private PrometheusServer(Process process, string folder, HttpClient http) =>
        (this.process, this.folder, this.http) = (process, folder, http);

    /// <summary>Where rules and configuration of Prometheus stand.</summary>
    public static string Deployed(string file) => Path.Combine(Repository.Root, "deploy", "prometheus", file);

    /// <summary>A program of the package: <c>prometheus</c> or <c>promtool</c>.</summary>
    public static async Task<string> ProgramAsync(string name) =>
        (await Repository.RunAsync(Path.Combine(Repository.Root, "deploy", "debian-package.sh"), "program", name, "prometheus")).Trim();

    /// <summary>Starts it, and waits until every target has been scraped.</summary>
    /// <param name="targets">Jobs, each with the port of a process on this machine.</param>
    public static async Task<PrometheusServer> StartAsync(params (string Job, int Port)[] targets)
    {
        var program = await ProgramAsync("prometheus");
        var port = TcpPort.Free();
        var folder = Directory.CreateDirectory(Path.Combine(Repository.TestData, $"prometheus-{port}")).FullName;
        var configuration = Path.Combine(folder, "prometheus.yml");
        await File.WriteAllTextAsync(configuration, $"""
            global: {"{ scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s }"}
            rule_files: ['{Deployed("alerts.yml")}']
            scrape_configs:
            {string.Join('\n', targets.Select(t => $"- {{ job_name: {t.Job}, static_configs: [{{ targets: ['127.0.0.1:{t.Port}'] }}] }}"))}
            """);
        string[] arguments =
        [
            $"--config.file={configuration}", $"--storage.tsdb.path={Path.Combine(folder, "data")}",
            $"--web.listen-address=127.0.0.1:{port}", "--log.level=error",
        ];
        var process = Process.Start(new ProcessStartInfo(program, arguments))!;
        var server = new PrometheusServer(process, folder, new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}/api/v1/") });
        try
        {
            await Until.TrueAsync("Prometheus has scraped every target", TimeSpan.FromMinutes(3), async () =>
            {
                try
                {
                    using var ready = await server.http.GetAsync("/-/ready");
                    return ready.IsSuccessStatusCode && (await server.QueryAsync("up == 1")).Count == targets.Length;
                }
                catch (HttpRequestException) when (!process.HasExited)
                {
                    return false;
                }
            });
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>What an expression answers now. Throws when Prometheus cannot make sense of it.</summary>
    public async Task<JsonArray> QueryAsync(string expression)
    {
        using var form = new FormUrlEncodedContent([KeyValuePair.Create("query", expression)]);
        using var response = await http.PostAsync("query", form);
        var answer = JsonNode.Parse(await response.Content.ReadAsStringAsync())!;
        if (answer["status"]!.GetValue<string>() != "success")
            throw new InvalidOperationException($"{expression}: {answer["error"]}");
        return answer["data"]!["resultType"]!.GetValue<string>() == "vector"
            ? answer["data"]!["result"]!.AsArray()
            : [answer["data"]!["result"]!.DeepClone()];
    }

    /// <summary>The rules, with how their evaluation went.</summary>
    public async Task<IReadOnlyList<JsonNode>> RulesAsync() =>
        [.. JsonNode.Parse(await http.GetStringAsync("rules"))!["data"]!["groups"]!.AsArray()
            .SelectMany(g => g!["rules"]!.AsArray()).Select(r => r!)];

    public async ValueTask DisposeAsync()
    {
        http.Dispose();
        if (!process.HasExited)
            process.Kill();
        await process.WaitForExitAsync().EndsAsync("the Prometheus server", TimeSpan.FromMinutes(1));
        process.Dispose();
        Directory.Delete(folder, recursive: true);
    }
}
