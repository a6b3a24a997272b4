namespace SoonShop.ApiFrontend.Users;

/// <summary>Configuration section <c>Auth</c>: keys and lifetime of access tokens, and how soon a revocation takes effect.</summary>
public sealed class AuthOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "Auth";

    /// <summary>
    /// A PEM file with the EC P-256 keys that sign access tokens; it is read again when it changes. Set this or <c>Auth:Keys</c>.
    /// <c>ApiFrontend new-key</c> writes a key.
    /// </summary>
    public string KeyFile { get; set; } = "";

    /// <summary>The content of such a file, as text or Base64. Set this or <c>Auth:KeyFile</c>.</summary>
    public string Keys { get; set; } = "";

    /// <summary>How long an access token is valid, in minutes.</summary>
    public int AccessTokenMinutes { get; set; } = 15;

    /// <summary>
    /// How long the front end relies on what it knows of a session, its roles or an API key, in seconds; 0 asks each time. A revocation
    /// takes effect everywhere within this time.
    /// </summary>
    public int RecheckSeconds { get; set; } = 5;

    /// <summary>Returns what is wrong, each with the value to set.</summary>
    public IEnumerable<string> Problems()
    {
        const string HowTo = "Make a key with `ApiFrontend new-key`";
        if ((KeyFile.Length == 0) == (Keys.Length == 0))
            yield return $"Auth:KeyFile and Auth:Keys are {(KeyFile.Length == 0 ? "not set" : "both set")}; set Auth__KeyFile to a PEM "
                + $"file with the keys of access tokens, or Auth__Keys to its content. {HowTo}.";
        else if (KeySet.TryRead(this, out var problem) is null)
            yield return $"{problem} {HowTo}.";
        if (AccessTokenMinutes is < 1 or > 1440)
            yield return $"Auth:AccessTokenMinutes is {AccessTokenMinutes}; set Auth__AccessTokenMinutes to 1–1440.";
        if (RecheckSeconds is < 0 or > 60)
            yield return $"Auth:RecheckSeconds is {RecheckSeconds}; set Auth__RecheckSeconds to 0–60.";
    }
}
