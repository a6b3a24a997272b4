using Microsoft.Extensions.Configuration;

namespace SoonShop.ServiceDefaults;

/// <summary>
/// Settings that stand in files of a folder, one each, named as the environment would name them (<c>ConnectionStrings__soonshop</c>): how
/// container engines hand secrets over without showing them to everybody who may look at the process.
/// </summary>
public static class SecretFiles
{
    /// <summary>The environment variable that names another folder.</summary>
    public const string FolderVariable = "SOONSHOP_SECRETS";

    /// <summary>Where images have them.</summary>
    public const string DefaultFolder = "/run/secrets/soonshop";

    /// <summary>Adds them; they win over the environment. Without the folder there are none.</summary>
    public static void AddSecretFiles(this IConfigurationBuilder configuration) =>
        configuration.AddKeyPerFile(Environment.GetEnvironmentVariable(FolderVariable) is { Length: > 0 } folder ? folder : DefaultFolder, optional: true);
}
