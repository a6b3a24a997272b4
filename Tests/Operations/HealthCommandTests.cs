using SoonShop.Tests.Running;

namespace SoonShop.Tests.Operations;

/// <summary>The health check of the images, where somebody is not well.</summary>
public sealed class HealthCommandTests
{
    [Fact]
    public async Task nobody_there_is_not_healthy()
    {
        var (code, output, error) = await RunAsync("Silo", "health", $"http://127.0.0.1:{TcpPort.Free()}/health/ready");
        Assert.Equal(69, code);
        Assert.Empty(output);
        Assert.Contains("does not respond", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task what_is_no_address_is_a_wrong_call()
    {
        var (code, _, error) = await RunAsync("ApiFrontend", "health", "ready");
        Assert.Equal(64, code);
        Assert.Contains("'ready' is not an address", error, StringComparison.Ordinal);
    }

    private static Task<(int Code, string Output, string Error)> RunAsync(string project, params string[] arguments) =>
        Repository.TryRunAsync("dotnet", [Repository.Program(project), .. arguments], []);
}
