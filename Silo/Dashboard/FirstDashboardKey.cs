using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace SoonShop.Silo.Dashboard;

/// <summary>
/// Creates the first key of the dashboard's cookies, on one silo at a time. Otherwise silos that start together on a new database would
/// each create a key and load the others' keys a day later. Until then a cookie would be valid on one silo only.
/// </summary>
internal sealed class FirstDashboardKey(NpgsqlDataSource database, IKeyManager keys, TimeProvider time) : IHostedService
{
    /// <summary>The default lifetime of data protection, which creates the next key before the last one expires.</summary>
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(90);

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using var command = new NpgsqlCommand("select pg_advisory_xact_lock(hashtext('dashboard_key'))", connection, transaction);
        await command.ExecuteNonQueryAsync(cancellationToken);
        var now = time.GetUtcNow();
        if (keys.GetAllKeys().Count == 0)
            keys.CreateNewKey(now, now + Lifetime);
        await transaction.CommitAsync(cancellationToken);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
