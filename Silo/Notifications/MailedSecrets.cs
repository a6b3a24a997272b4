using Npgsql;
using SoonShop.Notifications;

namespace SoonShop.Silo.Notifications;

internal sealed class MailedSecrets(NpgsqlDataSource database) : IMailedSecrets
{
    public async Task EraseAsync(string[] eventIds, CancellationToken cancellation)
    {
        // Of the event that made the token, of the one that asked for the mail, and of what was copied of them for a retry.
        await using var command = database.CreateCommand("""
            with of_deliveries as (
              update event_delivery set data = convert_to(((convert_from(data, 'UTF8')::jsonb - 'token') #- '{details,token}')::text, 'UTF8')
                where event_id = any($1))
            update event set data = (data - 'token') #- '{details,token}' where id = any($1) and data is not null
            """);
        command.Parameters.Add(new() { Value = eventIds });
        await command.ExecuteNonQueryAsync(cancellation);
    }
}
