namespace SoonShop.ApiFrontend.Users;

/// <summary>Configuration section <c>Auth</c>: how access tokens are signed, and how soon a revocation takes effect.</summary>
public sealed class AuthOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "Auth";

    /// <summary>A PEM file with the keys, read again when it changes; see <see cref="SigningKeys"/>. This or <see cref="Keys"/>.</summary>
    public string KeyFile { get; set; } = "";

    /// <summary>The same as text, or as Base64 of it, for where a file is hard to come by.</summary>
    public string Keys { get; set; } = "";

    /// <summary>Minutes for which an access token is good.</summary>
    public int AccessTokenMinutes { get; set; } = 15;

    /// <summary>
    /// Seconds for which this process believes what it last heard of a session, its roles or an API key; as soon, at the latest, a
    /// revocation takes effect here. Each session in use costs a call to its account as often.
    /// </summary>
    public int RecheckSeconds { get; set; } = 5;

    /// <summary>What is wrong, each with what to set.</summary>
    public IEnumerable<string> Problems()
    {
        const string HowTo = "Make a key with `ApiFrontend new-key`";
        if ((KeyFile.Length == 0) == (Keys.Length == 0))
            yield return $"Auth:KeyFile and Auth:Keys are {(KeyFile.Length == 0 ? "not set" : "both set")}; set Auth__KeyFile to a PEM file with the keys of access tokens, or Auth__Keys to its content. {HowTo}.";
        else if (KeySet.TryRead(this, out var problem) is null)
            yield return $"{problem} {HowTo}.";
        if (AccessTokenMinutes is < 1 or > 1440)
            yield return $"Auth:AccessTokenMinutes is {AccessTokenMinutes}; set Auth__AccessTokenMinutes to 1–1440.";
        if (RecheckSeconds is < 0 or > 60)
            yield return $"Auth:RecheckSeconds is {RecheckSeconds}; set Auth__RecheckSeconds to 0–60.";
    }
}
