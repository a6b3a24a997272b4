using SoonShop.ApiFrontend.Users;
using SoonShop.ApiFrontend.Versions;

namespace SoonShop.ApiFrontend.Contract;

/// <summary>
/// The command <c>openapi</c>: writes a document without a cluster, a database or any configuration. The document describes the code and
/// not an installation, so that the stored copy changes only with the code.
/// </summary>
internal sealed class OpenApiCommand
{
    private readonly string version;
    private readonly string? file;

    private OpenApiCommand(string version, string? file) => (this.version, this.file) = (version, file);

    private static string Versions => string.Join(" or ", ApiVersions.All.Select(ApiVersions.NameOf));

    /// <summary>The usage text of the program.</summary>
    public static string Usage { get; } = $"""
        Usage: ApiFrontend [--Section:Key=value …]   run a front end
               ApiFrontend openapi VERSION [FILE]    write the OpenAPI document of {Versions} to a file, or to the output, and end
               ApiFrontend new-key                   write a new key for access tokens, as PEM, to the output, and end
               ApiFrontend health URL                ask a process on this machine how it is: 0 for well
        """;

    /// <summary>False for invalid arguments. The command is null when a front end is to run.</summary>
    public static bool TryRead(string[] args, out OpenApiCommand? command)
    {
        command = args is ["openapi", var version, .. { Length: <= 1 } rest] && ApiVersions.All.Any(v => ApiVersions.NameOf(v) == version)
            ? new OpenApiCommand(version, rest.FirstOrDefault())
            : null;
        return command is not null || args.All(a => a.StartsWith('-') || a.Contains('=', StringComparison.Ordinal));
    }

    /// <summary>Replaces all configuration. Required settings get placeholders that are not used.</summary>
    public static void Configure(WebApplicationBuilder builder)
    {
        builder.Logging.ClearProviders();
        builder.Configuration.Sources.Clear();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Auth:Keys"] = KeySet.NewPem(),
            ["ConnectionStrings:soonshop"] = "Host=none;Database=none;Username=none",
        });
    }

    /// <summary>Writes the document and returns the exit code.</summary>
    public async Task<int> WriteAsync(WebApplication app)
    {
        // Registers the routes, which otherwise happens when the server starts.
        app.UseEndpoints(static _ => { });
        var document = (await app.Services.GetRequiredService<OpenApiFiles>().FindAsync(version))!;
        if (file is not null)
        {
            await File.WriteAllBytesAsync(file, document.Content);
            return 0;
        }
        await using var output = Console.OpenStandardOutput();
        await output.WriteAsync(document.Content);
        return 0;
    }
}
