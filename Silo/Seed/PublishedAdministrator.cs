using Npgsql;
using SoonShop.Users;

namespace SoonShop.Silo.Seed;

/// <summary>
/// Finds administrators whose password the documents publish. Such an account was created in Development, or by a version that accepted the
/// password. The class reads the database directly: it runs before the silo joins, and the other silos may not be able to respond.
/// </summary>
internal static class PublishedAdministrator
{
    private const string Accounts = """
        select convert_from(state, 'UTF8')::jsonb #>> '{state,passwordHash}', index -> 'roles' ? 'admin'
        from grain_state_user where index ->> 'email' = any ($1) and state is not null
        """;

    /// <summary>
    /// Returns why a silo must not start: an administrator that its configuration does not name has a published password. Null when there
    /// is none.
    /// </summary>
    /// <param name="connectionString">The shop's database, with its schema up to date.</param>
    /// <param name="accounts">Names the administrator whose password <see cref="AdminAccount"/> changes at start.</param>
    public static async Task<string?> ProblemAsync(string connectionString, AccountsOptions accounts)
    {
        if (EmailAddress.Normalize(accounts.AdminEmail ?? "") == PublishedSecrets.AdminEmail)
            return null;
        await using var database = NpgsqlDataSource.Create(connectionString);
        return await HasPublishedPasswordAsync(database, PublishedSecrets.AdminEmail, onlyAdministrators: true)
            ? $"the administrator {PublishedSecrets.AdminEmail} has a password that the documents publish; set "
              + $"Accounts__AdminEmail to {PublishedSecrets.AdminEmail} and Accounts__AdminPassword to one of your own, such as "
              + "`openssl rand -base64 24` makes, and start again: the start changes the password."
            : null;
    }

    /// <summary>
    /// True when the account with this address accepts a published password. Reads one row by its index and verifies its hash.
    /// </summary>
    public static async Task<bool> HasPublishedPasswordAsync(
        NpgsqlDataSource database, string email, bool onlyAdministrators = false, CancellationToken cancellation = default)
    {
        var normalized = EmailAddress.Normalize(email);
        string[] forms = EmailAddress.EarlierForm(normalized) is { } earlier ? [normalized, earlier] : [normalized];
        await using var command = database.CreateCommand(Accounts);
        command.Parameters.Add(new() { Value = forms });
        var hashes = new List<string>();
        await using (var reader = await command.ExecuteReaderAsync(cancellation))
        {
            while (await reader.ReadAsync(cancellation))
            {
                if (!reader.IsDBNull(0) && (!onlyAdministrators || reader.GetBoolean(1)))
                    hashes.Add(reader.GetString(0));
            }
        }
        return hashes.Any(PublishedSecrets.IsPublishedHash);
    }
}
