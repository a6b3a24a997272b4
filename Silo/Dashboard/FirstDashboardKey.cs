using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace SoonShop.Silo.Dashboard;

/// <summary>
/// Makes the first key of the dashboard's cookies, one silo at a time. Silos that start together on a new database would each make one of
/// their own, and hear of the others' a day later: until then a cookie would be good at one of them alone.
/// </summary>
internal sealed class FirstDashboardKey(NpgsqlDataSource database, IKeyManager keys, TimeProvider time) : IHostedService
{
    /// <summary>Of data protection itself, which makes the next key before the last one ends.</summary>
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
