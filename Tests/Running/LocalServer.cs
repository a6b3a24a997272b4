using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace SoonShop.Tests.Running;

/// <summary>HTTP servers that stand for somebody else's, in the tests' own process.</summary>
internal static class LocalServer
{
    /// <summary>One that is not started yet, on a port of its own of this machine alone, and its address.</summary>
    public static (WebApplication App, string Url) Create(Action<IServiceCollection>? services = null)
    {
        var url = $"http://127.0.0.1:{TcpPort.Free()}";
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(url);
        services?.Invoke(builder.Services);
        return (builder.Build(), url);
    }
}
