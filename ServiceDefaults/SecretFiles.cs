using Microsoft.Extensions.Configuration;

namespace SoonShop.ServiceDefaults;

/// <summary>
/// Reads settings from the files of a folder, one file per setting, named like environment variables (<c>ConnectionStrings__soonshop</c>).
/// Container engines provide secrets this way, so that they are not visible to everybody who can inspect the process.
/// </summary>
public static class SecretFiles
{
    /// <summary>The environment variable for another folder.</summary>
    public const string FolderVariable = "SOONSHOP_SECRETS";

    /// <summary>The folder in container images.</summary>
    public const string DefaultFolder = "/run/secrets/soonshop";

    /// <summary>Adds the settings; they take precedence over the environment. The folder is optional.</summary>
    public static void AddSecretFiles(this IConfigurationBuilder configuration) =>
        configuration.AddKeyPerFile(
            Environment.GetEnvironmentVariable(FolderVariable) is { Length: > 0 } folder ? folder : DefaultFolder, optional: true);
}
