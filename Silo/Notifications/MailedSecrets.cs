using Npgsql;
using SoonShop.Notifications;

namespace SoonShop.Silo.Notifications;

internal sealed class MailedSecrets(NpgsqlDataSource database) : IMailedSecrets
{
    public async Task EraseAsync(string[] eventIds, CancellationToken cancellation)
    {
        // Erases the token from the event that created it, from the event that requested the mail, and from the copies that were stored for
        // retries.
        await using var command = database.CreateCommand("""
            with of_deliveries as (
              update event_delivery set data =
                  convert_to(((convert_from(data, 'UTF8')::jsonb - 'token') #- '{details,token}')::text, 'UTF8')
                where event_id = any($1))
            update event set data = (data - 'token') #- '{details,token}' where id = any($1) and data is not null
            """);
        command.Parameters.Add(new() { Value = eventIds });
        await command.ExecuteNonQueryAsync(cancellation);
    }
}
