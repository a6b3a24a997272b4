using System.Net.Sockets;
using Npgsql;
using SoonShop.Events;

namespace SoonShop.Silo.Events;

/// <summary>What PostgreSQL's errors mean for whoever handles an event (appendix A of its manual, by class of SQLSTATE).</summary>
internal static class DatabaseErrors
{
    public static IEnumerable<ErrorRule> Rules =>
    [
        // Wrong data and violated constraints come out the same way every time.
        ErrorRule.For<PostgresException>(ErrorClass.Permanent, e => e.SqlState is ['2', '2' or '3', ..] or ['4', '2', ..]),
        ErrorRule.For<PostgresException>(ErrorClass.Transient),
        ErrorRule.For<NpgsqlException>(ErrorClass.Network, e => e.InnerException is SocketException or IOException),
        ErrorRule.For<NpgsqlException>(ErrorClass.Transient),
    ];
}
