using System.Net.Sockets;
using Npgsql;
using SoonShop.Events;

namespace SoonShop.Silo.Events;

/// <summary>Classifies PostgreSQL's errors for event handlers, by SQLSTATE class (appendix A of its manual).</summary>
internal static class DatabaseErrors
{
    public static IEnumerable<ErrorRule> Rules =>
    [
        // Wrong data and violated constraints fail the same way at every attempt.
        ErrorRule.For<PostgresException>(ErrorClass.Permanent, e => e.SqlState is ['2', '2' or '3', ..] or ['4', '2', ..]),
        ErrorRule.For<PostgresException>(ErrorClass.Transient),
        ErrorRule.For<NpgsqlException>(ErrorClass.Network, e => e.InnerException is SocketException or IOException),
        ErrorRule.For<NpgsqlException>(ErrorClass.Transient),
    ];
}
