namespace Depmap.Relay.Flows;

internal enum LabelOperator
{
    In,
    NotIn,
    Exists,
    DoesNotExist,
}
